import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 86_400_000

export interface Certificate {
  /** PEM, as `tls.createServer` takes them. */
  readonly cert: string
  readonly key: string
}

export interface CertificateParts {
  /** DNS names and IP addresses that it is for. */
  readonly names: readonly string[]
  /** Days from now until it ends; negative for an expired one. */
  readonly days?: number
  /** Days from now at which it starts; a month ago when left out. */
  readonly startsIn?: number
}

/** An authority for one test, and what it issues. */
export class CertificateAuthority {
  readonly #certificate: X509Certificate
  readonly #keys: webcrypto.CryptoKeyPair

  private constructor(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate
    this.#keys = keys
  }

  static async create(name = 'Test authority'): Promise<CertificateAuthority> {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      notBefore: inDays(-60),
      notAfter: inDays(60),
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    })
    return new CertificateAuthority(certificate, keys)
  }

  /** PEM, for `ca`. */
  get cert(): string {
    return this.#certificate.toString('pem')
  }

  async issue(parts: CertificateParts): Promise<Certificate> {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.create({
      ...bodyOf(parts),
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
    })
    return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
  }
}

/** A certificate that only its own key vouches for. */
export async function selfSigned(parts: CertificateParts): Promise<Certificate> {
  const keys = await newKeys()
  const { subject, ...body } = bodyOf(parts)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...body,
    name: subject,
    keys,
    signingAlgorithm: ALGORITHM,
  })
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
}

function bodyOf({ names, days = 30, startsIn = -30 }: CertificateParts) {
  return {
    subject: `CN=${names[0] ?? 'nobody'}`,
    notBefore: inDays(Math.min(startsIn, days - 1)),
    notAfter: inDays(days),
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map(value => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  }
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY)
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
