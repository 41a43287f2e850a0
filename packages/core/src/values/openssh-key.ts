import { type CipherGCMTypes, createDecipheriv } from 'node:crypto'
import bcrypt from 'bcrypt-pbkdf'
import { WireReader, wireString, wireUint32 } from './ssh-wire.ts'

/** The private fields of one key, still in the wire format of its type. */
export interface KeyParts {
  readonly type: string
  readonly publicBlob: Buffer
  /** What stands between the type and the comment in the private section. */
  readonly privateFields: Buffer
  readonly comment: string
}

export type OpenSshFailure =
  | 'not-openssh'
  | 'passphrase-missing'
  | 'passphrase-wrong'
  | 'unsupported-cipher'
  | 'damaged'

export class OpenSshKeyError extends Error {
  override readonly name = 'OpenSshKeyError'
  readonly failure: OpenSshFailure
  /** What may be told of it: the name of a cipher. */
  readonly detail: string

  constructor(failure: OpenSshFailure, detail = '') {
    super(failure)
    this.failure = failure
    this.detail = detail
  }
}

/** An OpenSSH key file after base64. The format: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
export interface OpenSshEnvelope {
  /** In clear even when the key is encrypted. */
  readonly publicBlob: Buffer
  readonly encrypted: boolean
  open(passphrase: string | undefined): KeyParts
}

const MAGIC = Buffer.from('openssh-key-v1\0')
const PRIVATE_FIELDS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 2,
  'ssh-rsa': 6,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
}
/** Length of key, IV and authentication tag in bytes, and the name that node:crypto has for it. */
const CIPHERS: Readonly<Record<string, readonly [name: string, key: number, iv: number, tag: number]>> = {
  'aes128-ctr': ['aes-128-ctr', 16, 16, 0],
  'aes192-ctr': ['aes-192-ctr', 24, 16, 0],
  'aes256-ctr': ['aes-256-ctr', 32, 16, 0],
  'aes128-cbc': ['aes-128-cbc', 16, 16, 0],
  'aes192-cbc': ['aes-192-cbc', 24, 16, 0],
  'aes256-cbc': ['aes-256-cbc', 32, 16, 0],
  '3des-cbc': ['des-ede3-cbc', 24, 8, 0],
  'aes128-gcm@openssh.com': ['aes-128-gcm', 16, 12, 16],
  'aes256-gcm@openssh.com': ['aes-256-gcm', 32, 12, 16],
}

/** Throws WireTooShort when the bytes are cut. */
export function readOpenSshEnvelope(bytes: Buffer): OpenSshEnvelope {
  const reader = new WireReader(bytes)
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw new OpenSshKeyError('not-openssh')
  const cipher = reader.text()
  const kdf = reader.text()
  const kdfOptions = reader.string()
  if (reader.uint32() !== 1) throw new OpenSshKeyError('not-openssh')
  const publicBlob = reader.string()
  const section = reader.string()
  const tag = reader.take(CIPHERS[cipher]?.[3] ?? 0)
  const encrypted = cipher !== 'none'

  return {
    publicBlob,
    encrypted,
    open: passphrase => {
      if (!encrypted) return readPrivateSection(section, publicBlob, 'damaged')
      if (!Object.hasOwn(CIPHERS, cipher) || kdf !== 'bcrypt') throw new OpenSshKeyError('unsupported-cipher', cipher)
      if (passphrase === undefined) throw new OpenSshKeyError('passphrase-missing')
      const clear = decrypt(cipher, kdfOptions, section, tag, passphrase)
      return readPrivateSection(clear, publicBlob, 'passphrase-wrong')
    },
  }
}

/** The key as an OpenSSH file without encryption, as `ssh-keygen -N ''` writes it. */
export function writeOpenSshKey(key: KeyParts): string {
  const check = wireUint32(0x6465706c)
  const fields = [check, check, wireString(key.type), key.privateFields, wireString(key.comment)]
  const length = fields.reduce((sum, field) => sum + field.length, 0)
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1))
  const bytes = Buffer.concat([
    MAGIC,
    wireString('none'),
    wireString('none'),
    wireString(''),
    wireUint32(1),
    wireString(key.publicBlob),
    wireString(Buffer.concat([...fields, padding])),
  ])
  const lines = bytes.toString('base64').replace(/.{70}(?=.)/g, '$&\n')
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`
}

function decrypt(cipher: string, kdfOptions: Buffer, section: Buffer, tag: Buffer, passphrase: string): Buffer {
  const [name, keyLength, ivLength, tagLength] = CIPHERS[cipher] ?? ['', 0, 0, 0]
  const options = new WireReader(kdfOptions)
  const salt = options.string()
  const rounds = options.uint32()
  const secret = Buffer.from(passphrase)
  const derived = Buffer.alloc(keyLength + ivLength)
  if (bcrypt.pbkdf(secret, secret.length, salt, salt.length, derived, derived.length, rounds) !== 0) {
    throw new OpenSshKeyError('damaged')
  }
  const [key, iv] = [derived.subarray(0, keyLength), derived.subarray(keyLength)]
  const decipher = isGcm(name)
    ? createDecipheriv(name, key, iv, { authTagLength: tagLength }).setAuthTag(tag)
    : createDecipheriv(name, key, iv)
  try {
    decipher.setAutoPadding(false)
    return Buffer.concat([decipher.update(section), decipher.final()])
  } catch {
    throw new OpenSshKeyError('passphrase-wrong')
  }
}

function isGcm(name: string): name is CipherGCMTypes {
  return name.endsWith('-gcm')
}

/** The section begins with one random number twice: they differ when it was decrypted with a wrong passphrase. */
function readPrivateSection(section: Buffer, publicBlob: Buffer, otherwise: OpenSshFailure): KeyParts {
  const reader = new WireReader(section)
  const check = reader.uint32()
  if (reader.uint32() !== check) throw new OpenSshKeyError(otherwise)
  const type = reader.text()
  const count = PRIVATE_FIELDS[type]
  if (count === undefined) return { type, publicBlob, privateFields: Buffer.alloc(0), comment: '' }
  const start = reader.offset
  for (let field = 0; field < count; field++) reader.string()
  const privateFields = section.subarray(start, reader.offset)
  return { type, publicBlob, privateFields, comment: reader.text() }
}
