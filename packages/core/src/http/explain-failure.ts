import { causesOf, type FailureExplanation, type FailureKind, KnownFailure } from './failure.ts'

/** Codes of Node (libuv, OpenSSL) and undici, with what they mean to someone who reads a job's log. */
const CODES: Readonly<Record<string, readonly [FailureKind, string]>> = {
  ECONNREFUSED: ['refused', 'the connection was refused; nothing listens there'],
  ENOTFOUND: ['name-not-found', 'the name was not found in DNS'],
  EAI_AGAIN: ['name-unresolved', 'DNS did not respond; the resolver cannot be reached at the moment'],
  EHOSTUNREACH: ['unreachable', 'the host cannot be reached; there is no route to it'],
  ENETUNREACH: ['unreachable', 'the network cannot be reached; there is no route to it'],
  EHOSTDOWN: ['unreachable', 'the host is down'],
  EADDRNOTAVAIL: ['unreachable', 'the address cannot be reached from this machine'],
  ETIMEDOUT: ['timeout-connect', 'the connection timed out; a firewall may drop it'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout-connect', 'the connection timed out; a firewall may drop it'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout-headers', 'the server accepted the request and did not respond in time'],
  UND_ERR_BODY_TIMEOUT: ['timeout-body', 'the response started and did not end in time'],
  ECONNRESET: ['reset', 'the connection was reset by the other side'],
  EPIPE: ['reset', 'the connection was closed while the request was sent'],
  ECONNABORTED: ['reset', 'the connection was aborted'],
  UND_ERR_SOCKET: ['closed', 'the connection was closed before the response was complete'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['closed', 'the response was cut off: it is shorter than its Content-Length'],
  CERT_HAS_EXPIRED: ['certificate-expired', 'its certificate has expired'],
  CERT_NOT_YET_VALID: [
    'certificate-not-yet-valid',
    'its certificate is not valid yet; compare the clocks of both sides',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'certificate-self-signed',
    'its certificate is self-signed, so no authority vouches for it',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'certificate-self-signed',
    'its certificate comes from an authority that this machine does not know; a company proxy may have put it there (NODE_EXTRA_CA_CERTS adds one)',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'certificate-chain',
    'its certificate does not lead to a known authority: the server does not send the intermediate certificate, or its authority is a private one',
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['certificate-chain', 'the authority that issued its certificate is not known here'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'certificate-chain',
    'the authority that issued its certificate is not known here, or the server does not send the intermediate certificate',
  ],
  CERT_REVOKED: ['certificate-revoked', 'its certificate was revoked'],
  CERT_UNTRUSTED: ['certificate-chain', 'its certificate is not trusted for this use'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'that port does not speak TLS; is it plain http?'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['tls', 'that port does not speak TLS; is it plain http?'],
  ERR_SSL_HTTP_REQUEST: ['tls', 'that port does not speak TLS; is it plain http?'],
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: ['tls', 'the server knows no site of this name (TLS: unrecognized name)'],
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: ['tls', 'the server does not speak the requested version of HTTP'],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['tls', 'the server speaks another version of TLS only'],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['tls', 'the server speaks a version of TLS only that is too old to be safe'],
  UND_ERR_HEADERS_OVERFLOW: ['too-large', 'the headers of the response are larger than 16 kB'],
  HPE_HEADER_OVERFLOW: ['too-large', 'the headers of the response are larger than 16 kB'],
  UND_ERR_PRX_TLS: ['proxy', 'the TLS connection to the proxy failed'],
  UND_ERR_PRX_CONN: ['proxy', 'the proxy closed the connection'],
  UND_ERR_INVALID_ARG: ['invalid-request', 'the request cannot be sent as it is'],
}

/** undici's words for a proxy that did not open the tunnel, and node's own. */
const PROXY_STATUS =
  /Proxy response \((\d+)\)|Proxy Authentication Required \((407)\)|Failed to establish tunnel .* HTTP\/1\.\d (\d{3})/

/** Says in plain words why a connection or a request failed, from whatever was thrown: Node's errors, undici's, or several in one. */
export function explainFailure(thrown: unknown): FailureExplanation {
  const causes = causesOf(thrown)
  for (const { code, message, error } of causes) {
    if (error instanceof KnownFailure) return { kind: error.kind, text: message }
    const proxyStatus = PROXY_STATUS.exec(message)?.slice(1).find(Boolean)
    if (proxyStatus) return { kind: 'proxy', text: proxyText(Number(proxyStatus)) }
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { kind: 'certificate-wrong-host', text: wrongHostText(error) }
    // A broken pipe hidden in undici's "other side closed" says more than that.
    if (code === 'UND_ERR_SOCKET' && causes.some(cause => cause.code === 'ECONNRESET' || cause.code === 'EPIPE'))
      continue
    const known = CODES[code]
    if (known) return { kind: known[0], text: code === 'UND_ERR_INVALID_ARG' ? `${known[1]} (${message})` : known[1] }
    // undici gives the parser's complaint a code only where llhttp has a number for it.
    if (code.startsWith('HPE_') || message.includes('does not match the HTTP/1.1 protocol'))
      return { kind: 'not-http', text: 'the response is not HTTP' }
    if (code.startsWith('ERR_SSL_')) return { kind: 'tls', text: `the TLS handshake failed (${wordsOf(code)})` }
  }
  const first = causes.find(cause => cause.message !== '')
  return {
    kind: 'unknown',
    text: first ? `it failed (${first.code ? `${first.code}: ` : ''}${first.message})` : 'it failed',
  }
}

function proxyText(status: number): string {
  if (status === 407) return 'the proxy wants a user name and a password (407)'
  if (status === 403) return 'the proxy does not allow this address (403)'
  return `the proxy could not reach it (${status})`
}

/** Names what the certificate is for: the usual cause is a proxy's default certificate, and its name shows it. */
function wrongHostText(error: unknown): string {
  const names = typeof error === 'object' && error !== null && 'cert' in error ? namesOf(error.cert) : ''
  return `its certificate is for another host${names ? ` (${names})` : ''}`
}

function namesOf(certificate: unknown): string {
  if (typeof certificate !== 'object' || certificate === null) return ''
  const alternative = 'subjectaltname' in certificate ? String(certificate.subjectaltname ?? '') : ''
  const names = alternative.split(', ').map(name => name.replace(/^(DNS|IP Address):/, ''))
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
}

function wordsOf(code: string): string {
  return code.replace('ERR_SSL_', '').toLowerCase().replaceAll('_', ' ')
}
