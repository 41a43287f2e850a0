import { type FailureKind, HttpFailure } from '@deploy-actions/core/http/failure'
import type { HttpResponse } from '@deploy-actions/core/http/response'
import { Secret } from '@deploy-actions/core/values/secret'
import { type Finding, failed, type Network } from './remote-check.ts'

const LARGEST_ANSWER = 256 * 1_024

/** The failure's own message holds the address, which may be a secret; its kind does not. */
const KINDS: { readonly [Kind in FailureKind]?: string } = {
  refused: 'the connection was refused: nothing listens there',
  'name-not-found': 'no such host is known',
  'name-unresolved': 'the name of the host could not be looked up',
  unreachable: 'there is no way to the host',
  'timeout-connect': 'no connection within the time limit',
  'timeout-tls': 'TLS was not ready within the time limit',
  'timeout-headers': 'no response within the time limit',
  'timeout-body': 'the response did not end within the time limit',
  reset: 'the connection was reset',
  closed: 'the connection was closed',
  'certificate-expired': 'its certificate has expired',
  'certificate-not-yet-valid': 'its certificate is not valid yet',
  'certificate-self-signed': 'its certificate is not signed by an authority that is known here',
  'certificate-wrong-host': 'its certificate is for another host',
  'certificate-chain': 'its certificate is not signed by an authority that is known here',
  'certificate-revoked': 'its certificate was revoked',
  tls: 'the TLS handshake failed',
  'not-http': 'the response is not HTTP',
  'too-large': 'the response is far too large',
  proxy: 'the proxy did not let it through',
}

/** One GET, no redirect followed, so that no credential goes anywhere but where it was meant to go. */
export async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  network: Network,
): Promise<HttpResponse | Finding> {
  if (url.protocol !== 'https:' && !isLoopback(url))
    return failed('forbidden', 'is not requested over plain HTTP', 'Use https.')
  try {
    return await network.http.send({
      url,
      headers,
      timeout: network.timeout,
      maxBytes: LARGEST_ANSWER,
      secrets: Object.values(headers).map(value => new Secret(value)),
      ...(network.signal && { signal: network.signal }),
    })
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown
    return failed('unreachable', `got no response: ${KINDS[thrown.kind] ?? 'the request failed'}`)
  }
}

export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
}

export function isFinding(answer: HttpResponse | Finding): answer is Finding {
  return 'passed' in answer
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
