import { X509Certificate } from 'node:crypto'
import type { PeerCertificate, SecureVersion, TLSSocket } from 'node:tls'
import { getCACertificates } from 'node:tls'
import { explainFailure } from '../http/explain-failure.ts'
import type { FailureExplanation } from '../http/failure.ts'

export interface CertificateFacts {
  /** The common name, or the first of the names when there is none. */
  readonly subject: string
  /** On one line: `C=US, O=Let's Encrypt, CN=R11`. */
  readonly issuer: string
  /** DNS names and addresses that it is for. */
  readonly names: readonly string[]
  readonly validFrom: Date
  readonly validTo: Date
  /** Whole days until it, or an intermediate one beneath it, ends; negative when that is past. */
  readonly daysLeft: number
  /** The intermediate certificate that ends before it. */
  readonly endsFirst?: string
}

/** How far the other side must prove who it is. */
export interface TlsDemands {
  /** Takes any certificate; it is looked at all the same. */
  readonly insecure?: boolean
  /** PEM of authorities that are trusted besides the known ones. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name to ask for, and to find in the certificate, in place of the host's. */
  readonly servername?: string
  readonly minVersion?: SecureVersion
}

/** The handshake is always finished, so that an expired certificate can be told with its date; `refusal` judges it then. */
export function tlsOptions(demands: TlsDemands) {
  const { ca, cert, key, servername, minVersion } = demands
  return {
    rejectUnauthorized: false,
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(minVersion === undefined ? {} : { minVersion }),
  }
}

const DAY = 86_400_000

/** What the other side showed in the handshake; undefined when it has no certificate. */
export function certificateOf(socket: TLSSocket, now: number): CertificateFacts | undefined {
  // Not getPeerX509Certificate: on a client it takes the certificate out of the connection, and a second call has none.
  const sent = socket.getPeerCertificate(true)
  if (!sent?.raw) return undefined
  const leaf = new X509Certificate(sent.raw)
  const names = namesOf(leaf)
  const subject = /^CN=(.+)$/m.exec(leaf.subject)?.[1]
  const ends = endsFirst(leaf, sent)
  return {
    subject: subject ?? names[0] ?? 'nobody',
    issuer: leaf.issuer.split('\n').join(', '),
    names,
    validFrom: leaf.validFromDate,
    validTo: leaf.validToDate,
    daysLeft: Math.floor((ends.validToDate.getTime() - now) / DAY),
    ...(ends === leaf ? {} : { endsFirst: ends.subject.split('\n').join(', ') }),
  }
}

/** The earliest end of the chain that was sent. A root's own does not count: it is trusted for its key. */
function endsFirst(leaf: X509Certificate, sent: PeerCertificate): X509Certificate {
  let first = leaf
  const seen = new Set<string>()
  for (let link: PeerCertificate | undefined = sent; link?.raw && !seen.has(link.fingerprint256); ) {
    seen.add(link.fingerprint256)
    const certificate = new X509Certificate(link.raw)
    const isRoot = certificate.subject === certificate.issuer && link !== sent
    if (!isRoot && certificate.validToDate < first.validToDate) first = certificate
    link = 'issuerCertificate' in link ? (link.issuerCertificate as PeerCertificate | undefined) : undefined
  }
  return first
}

function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .map(name => name.replace(/^(DNS|IP Address):/, ''))
    .filter(name => name !== '')
}

/** Why the other side's certificate is not to be trusted, with the facts that show it; undefined when it is. */
export function refusal(socket: TLSSocket, host: string, now: number): FailureExplanation | undefined {
  if (socket.authorized) return undefined
  // Typed as an Error, it is the error's code: https://github.com/nodejs/node/blob/main/lib/internal/tls/wrap.js
  const code = String(socket.authorizationError)
  const facts = certificateOf(socket, now)
  if (!facts) return { kind: 'tls', text: 'it sent no certificate' }
  const { kind, text } = explainFailure(Object.assign(new Error(code), { code }))
  switch (kind) {
    case 'certificate-expired':
      return { kind, text: `its certificate expired ${ago(facts.validTo, now)} (on ${day(facts.validTo)})` }
    case 'certificate-not-yet-valid':
      return {
        kind,
        text: `its certificate is valid only from ${day(facts.validFrom)}; compare the clocks of both sides`,
      }
    case 'certificate-wrong-host':
      return { kind, text: `its certificate is for ${listed(facts.names) || facts.subject}, not for ${host}` }
    case 'certificate-self-signed':
    case 'certificate-chain':
      return { kind, text: `${text} (issued by ${facts.issuer || 'nobody'})` }
    default:
      return { kind, text }
  }
}

function ago(date: Date, now: number): string {
  const days = Math.floor((now - date.getTime()) / DAY)
  if (days < 1) return 'less than a day ago'
  return days === 1 ? 'a day ago' : `${days} days ago`
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function listed(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
}
