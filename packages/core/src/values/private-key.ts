import { createPrivateKey, type KeyObject } from 'node:crypto'
import { errorCode } from './error-code.ts'
import { isWhole, keyPartsOf } from './key-parts.ts'
import { type KeyBlock, readKeyText } from './key-text.ts'
import { type KeyParts, OpenSshKeyError, readOpenSshEnvelope, writeOpenSshKey } from './openssh-key.ts'
import { describeKeyProblem, type PrivateKeyProblem, type PrivateKeyProblemCode } from './private-key-problem.ts'
import { Secret } from './secret.ts'
import { publicKeyLine, readPublicKeyBlob, type SshPublicKey } from './ssh-public-key.ts'
import { WireTooShort } from './ssh-wire.ts'

export interface PrivateKey {
  /** The key in OpenSSH's format and without encryption, whatever it came in. */
  readonly openssh: Secret
  readonly publicKey: SshPublicKey
  /** The line that lets this key in, for the server's authorized_keys. */
  readonly authorizedKey: string
  readonly comment: string
  readonly encrypted: boolean
  /** What is odd, but no reason to refuse the key. */
  readonly notices: readonly string[]
}

export type PrivateKeyReading =
  | { readonly ok: true; readonly key: PrivateKey }
  | { readonly ok: false; readonly problem: PrivateKeyProblem }

/** The types that servers of today take and that ssh2 can sign with. */
const SUPPORTED = ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521']

/**
 * Reads a private key for SSH in OpenSSH's format, PEM (PKCS#1, SEC1) or PKCS#8, and tells apart the ways in which people
 * mangle one on its way into a secret.
 */
export function readPrivateKey(text: string, passphrase?: Secret): PrivateKeyReading {
  const pass = passphrase === undefined || passphrase.isEmpty ? undefined : passphrase.reveal()
  const reading = readKeyText(text)
  if (!reading.ok) return failed(reading.problem, reading.detail)
  try {
    const { block } = reading
    return block.label === 'OPENSSH PRIVATE KEY' ? readOpenSsh(block, pass) : readPem(block, pass)
  } catch (thrown) {
    if (thrown instanceof WireTooShort) return failed('cut')
    // Never the library's own message: it may quote what it could not read.
    return failed('damaged')
  }
}

function readOpenSsh(block: KeyBlock, passphrase: string | undefined): PrivateKeyReading {
  const envelope = readOpenSshEnvelope(block.body)
  const publicKey = readPublicKeyBlob(envelope.publicBlob)
  if (!SUPPORTED.includes(publicKey.type)) return failed('unsupported', publicKey.type)
  try {
    return finished(envelope.open(passphrase), envelope.encrypted, passphrase)
  } catch (thrown) {
    if (!(thrown instanceof OpenSshKeyError)) throw thrown
    switch (thrown.failure) {
      case 'passphrase-missing':
      case 'passphrase-wrong':
        return failed(thrown.failure, undefined, publicKey)
      case 'unsupported-cipher':
        return failed('unsupported-encryption', thrown.detail)
      default:
        return failed('damaged')
    }
  }
}

function readPem(block: KeyBlock, passphrase: string | undefined): PrivateKeyReading {
  const oldEncryption = block.headers.some(line => /^Proc-Type: .*ENCRYPTED/.test(line))
  const encrypted = oldEncryption || block.label === 'ENCRYPTED PRIVATE KEY'
  if (oldEncryption ? block.body.length % 8 !== 0 : derIsCut(block.body)) return failed('cut')
  if (encrypted && passphrase === undefined) return failed('passphrase-missing')
  const key = loadPem(block, encrypted ? passphrase : undefined)
  if (typeof key === 'string') return failed(key)
  const parts = keyPartsOf(key)
  if (!parts) return failed('unsupported', key.asymmetricKeyType)
  return finished(parts, encrypted, passphrase)
}

function loadPem(
  block: KeyBlock,
  passphrase: string | undefined,
): KeyObject | 'passphrase-wrong' | 'unsupported-encryption' | 'damaged' {
  const body = block.body.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  const headers = block.headers.length > 0 ? `${block.headers.join('\n')}\n\n` : ''
  const key = `-----BEGIN ${block.label}-----\n${headers}${body}\n-----END ${block.label}-----\n`
  try {
    return createPrivateKey(passphrase === undefined ? { key } : { key, passphrase })
  } catch (thrown) {
    if (errorCode(thrown) === 'ERR_OSSL_EVP_UNSUPPORTED') return 'unsupported-encryption'
    // A wrong passphrase may decrypt to what looks right at its end, so that any complaint can follow.
    return passphrase === undefined ? 'damaged' : 'passphrase-wrong'
  }
}

function finished(parts: KeyParts, encrypted: boolean, passphrase: string | undefined): PrivateKeyReading {
  if (!SUPPORTED.includes(parts.type)) return failed('unsupported', parts.type)
  if (!isWhole(parts)) return failed('damaged')
  const publicKey = readPublicKeyBlob(parts.publicBlob)
  const unused = passphrase !== undefined && !encrypted
  const key: PrivateKey = {
    openssh: new Secret(writeOpenSshKey(parts)),
    publicKey,
    authorizedKey: `${publicKeyLine(publicKey)}${parts.comment ? ` ${parts.comment}` : ''}`,
    comment: parts.comment,
    encrypted,
    notices: unused ? ['A passphrase is given, but the key is not encrypted: the passphrase is not used.'] : [],
  }
  return { ok: true, key }
}

function failed(code: PrivateKeyProblemCode, detail?: string, publicKey?: SshPublicKey): PrivateKeyReading {
  const problem = { code, ...describeKeyProblem(code, detail) }
  return { ok: false, problem: publicKey === undefined ? problem : { ...problem, publicKey } }
}

/** Every PEM body is one DER sequence, which begins with its length. */
function derIsCut(body: Buffer): boolean {
  const [tag, first = 0] = body
  if (tag !== 0x30) return false
  if (first < 0x80) return body.length < 2 + first
  const bytes = first & 0x7f
  if (bytes > 4 || body.length < 2 + bytes) return true
  return body.length < 2 + bytes + body.readUIntBE(2, bytes)
}
