import { ConnectionLost } from '../host/host-error.ts'
import type { FailureExplanation } from '../http/failure.ts'

/** What a server says of a connection that it should make for us: https://datatracker.ietf.org/doc/html/rfc4254#section-5.1 */
const PROHIBITED = 1
const NO_ROOM = 4

/** Whether a server lets nobody connect through it, wherever to. */
export function isForwardingProhibited(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'reason' in thrown && thrown.reason === PROHIBITED
}

/** Says why a server could not open a tunnel's other end, seen from there; undefined when the failure is of another kind. */
export function explainTunnelFailure(thrown: unknown): FailureExplanation | undefined {
  if (thrown instanceof ConnectionLost) {
    return { kind: 'closed', text: thrown.message.replace(/^The /, 'the ').replace(/\.$/, '') }
  }
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) return undefined
  const text = /Channel open failure:? ?(.*)$/.exec(String(thrown.message))?.[1]
  if (text === undefined) return undefined
  if (isForwardingProhibited(thrown)) {
    return {
      kind: 'proxy',
      text: 'the server does not let us connect through it (AllowTcpForwarding or PermitOpen in its sshd_config)',
    }
  }
  if ('reason' in thrown && thrown.reason === NO_ROOM) {
    return { kind: 'proxy', text: `the server opens no further connection for us${text ? ` (${text})` : ''}` }
  }
  if (/refused/i.test(text))
    return { kind: 'refused', text: 'the connection was refused on the server; nothing listens there' }
  if (/not known|resolution|resolve/i.test(text))
    return { kind: 'name-not-found', text: 'the server does not find the name' }
  if (/no route|unreachable/i.test(text)) return { kind: 'unreachable', text: 'the server has no route to it' }
  if (/timed out/i.test(text)) return { kind: 'timeout-connect', text: 'the connection from the server timed out' }
  return { kind: 'refused', text: `the server could not connect to it${text ? ` (${text})` : ''}` }
}
