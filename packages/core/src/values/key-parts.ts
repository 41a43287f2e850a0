import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto'
import type { KeyParts } from './openssh-key.ts'
import { WireReader, wireInteger, wireString, withoutLeadingZeros } from './ssh-wire.ts'

const CURVES = {
  'P-256': { ssh: 'nistp256', bytes: 32 },
  'P-384': { ssh: 'nistp384', bytes: 48 },
  'P-521': { ssh: 'nistp521', bytes: 66 },
} as const
type Curve = keyof typeof CURVES

/** The key in SSH's terms; undefined for a kind that SSH does not know (DSA is refused by every server of today). */
export function keyPartsOf(key: KeyObject): KeyParts | undefined {
  if (!['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return undefined
  const jwk = key.export({ format: 'jwk' })
  if (jwk.kty === 'RSA') {
    const [n, e, d, qi, p, q] = [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(part => wireInteger(decode(part)))
    if (!n || !e || !d || !qi || !p || !q) return undefined
    return parts('ssh-rsa', Buffer.concat([e, n]), Buffer.concat([n, e, d, qi, p, q]))
  }
  if (jwk.kty === 'OKP') {
    const [point, seed] = [decode(jwk.x), decode(jwk.d)]
    const both = wireString(Buffer.concat([seed, point]))
    return parts('ssh-ed25519', wireString(point), Buffer.concat([wireString(point), both]))
  }
  const curve = CURVES[jwk.crv as Curve]
  if (curve === undefined) return undefined
  const point = Buffer.concat([Buffer.of(4), decode(jwk.x), decode(jwk.y)])
  const publicFields = Buffer.concat([wireString(curve.ssh), wireString(point)])
  return parts(`ecdsa-sha2-${curve.ssh}`, publicFields, Buffer.concat([publicFields, wireInteger(decode(jwk.d))]))
}

/**
 * Whether the private half belongs to the public half: what the one signs, the other must accept. Loading a key does not
 * tell: a damaged one loads, and then every server refuses it without a reason.
 */
export function isWhole(key: KeyParts): boolean {
  try {
    const jwk = jwkOf(key)
    const digest = key.type === 'ssh-ed25519' ? null : 'sha256'
    const text = Buffer.from('deploy-actions')
    const signature = sign(digest, text, createPrivateKey({ key: jwk, format: 'jwk' }))
    const { d, p, q, dp, dq, qi, ...publicJwk } = { ...jwk, ...publicJwkOf(key) }
    return verify(digest, text, createPublicKey({ key: publicJwk, format: 'jwk' }), signature)
  } catch {
    return false
  }
}

function parts(type: string, publicFields: Buffer, privateFields: Buffer): KeyParts {
  return { type, publicBlob: Buffer.concat([wireString(type), publicFields]), privateFields, comment: '' }
}

function jwkOf(key: KeyParts): JsonWebKey {
  const reader = new WireReader(key.privateFields)
  if (key.type === 'ssh-ed25519') {
    const point = reader.string()
    return { kty: 'OKP', crv: 'Ed25519', x: encode(point), d: encode(reader.string().subarray(0, 32)) }
  }
  if (key.type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => withoutLeadingZeros(reader.string()))
    if (!n || !e || !d || !qi || !p || !q) throw new RangeError('too few fields')
    const remainder = (prime: Buffer) => encode(bytesOf(numberOf(d) % (numberOf(prime) - 1n)))
    const numbers = { n: encode(n), e: encode(e), d: encode(d), qi: encode(qi), p: encode(p), q: encode(q) }
    return { kty: 'RSA', ...numbers, dp: remainder(p), dq: remainder(q) }
  }
  const { crv, bytes } = curveOf(reader.text())
  const point = reader.string()
  const scalar = withoutLeadingZeros(reader.string())
  const padded = Buffer.concat([Buffer.alloc(bytes - scalar.length), scalar])
  return { kty: 'EC', crv, ...coordinates(point, bytes), d: encode(padded) }
}

function publicJwkOf(key: KeyParts): JsonWebKey {
  const reader = new WireReader(key.publicBlob)
  reader.string() // the type
  if (key.type === 'ssh-ed25519') return { x: encode(reader.string()) }
  if (key.type === 'ssh-rsa') {
    const exponent = withoutLeadingZeros(reader.string())
    return { e: encode(exponent), n: encode(withoutLeadingZeros(reader.string())) }
  }
  const { crv, bytes } = curveOf(reader.text())
  return { crv, ...coordinates(reader.string(), bytes) }
}

function curveOf(sshName: string): { readonly crv: Curve; readonly bytes: number } {
  for (const crv of Object.keys(CURVES) as Curve[]) {
    if (CURVES[crv].ssh === sshName) return { crv, bytes: CURVES[crv].bytes }
  }
  throw new RangeError('unknown curve')
}

function coordinates(point: Buffer, bytes: number): { readonly x: string; readonly y: string } {
  if (point[0] !== 4 || point.length !== 1 + 2 * bytes) throw new RangeError('not an uncompressed point')
  return { x: encode(point.subarray(1, 1 + bytes)), y: encode(point.subarray(1 + bytes)) }
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function decode(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url')
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`)
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
