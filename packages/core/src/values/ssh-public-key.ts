import { createHash } from 'node:crypto'
import { InvalidValue } from './invalid-value.ts'
import { WireReader, withoutLeadingZeros } from './ssh-wire.ts'

const CURVE_BITS = { nistp256: 256, nistp384: 384, nistp521: 521 } as const

/** The start of a public key as OpenSSH writes it: its type, then base64 that begins with the length of that type's name. */
export const PUBLIC_KEY_START =
  /^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9-]+@openssh\.com|[a-z0-9-]+-cert-v01@openssh\.com)\s+AAAA/

export interface SshPublicKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string
  /** Undefined for a type whose size we do not know. */
  readonly bits: number | undefined
  /** `SHA256:…`, as OpenSSH shows it. */
  readonly fingerprint: string
  readonly blob: Buffer
}

/** Reads a public key in its wire format: the bytes that a server offers, or the decoded middle of a public key's line. */
export function readPublicKeyBlob(blob: Buffer): SshPublicKey {
  try {
    const reader = new WireReader(blob)
    const type = reader.text()
    if (!/^[\x21-\x7e]{3,64}$/.test(type)) throw new InvalidValue('is not an SSH public key')
    return { type, bits: bitsOf(type, reader), fingerprint: fingerprintOf(blob), blob }
  } catch (thrown) {
    throw thrown instanceof InvalidValue ? thrown : new InvalidValue('is a cut SSH public key')
  }
}

/** Reads `type base64 [comment]`. */
export function parsePublicKey(text: string): SshPublicKey & { readonly comment: string } {
  const [type = '', base64 = '', ...comment] = text.trim().split(/\s+/)
  if (!isBase64(base64)) throw new InvalidValue('is not an SSH public key; one looks like "ssh-ed25519 AAAA… comment"')
  const key = readPublicKeyBlob(Buffer.from(base64, 'base64'))
  if (key.type !== type) throw new InvalidValue(`says ${type} in front of a key of the type ${key.type}`)
  return { ...key, comment: comment.join(' ') }
}

/** `type base64`: what stands in authorized_keys and, after the host's name, in known_hosts. */
export function publicKeyLine(key: SshPublicKey): string {
  return `${key.type} ${key.blob.toString('base64')}`
}

export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

export function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
}

function bitsOf(type: string, reader: WireReader): number | undefined {
  if (type === 'ssh-ed25519') return reader.string().length * 8
  if (type === 'ssh-rsa') {
    reader.string() // the public exponent
    const modulus = withoutLeadingZeros(reader.string())
    return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  }
  if (type.startsWith('ecdsa-sha2-')) {
    const curve = reader.text()
    reader.string() // the point
    return Object.hasOwn(CURVE_BITS, curve) ? CURVE_BITS[curve as keyof typeof CURVE_BITS] : undefined
  }
  return undefined
}
