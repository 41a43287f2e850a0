import { ActionError, messageOf } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import { errorCode } from '../values/error-code.ts'
import { formatHostAndPort } from '../values/host-address.ts'
import type { Endpoint } from './host-key.ts'

export type ConnectFailureKind =
  | 'name-not-found'
  | 'refused'
  | 'no-answer'
  | 'unreachable'
  | 'reset'
  | 'not-ssh'
  | 'no-common-algorithm'
  | 'handshake'
  | 'authentication'

/** How the trace of an attempt names the method. */
export const AGENT_KEYS = 'the keys of the SSH agent'

/** Why there is no connection. */
export class ConnectFailure extends ActionError {
  readonly kind: ConnectFailureKind
  /** Whether the same attempt may succeed a little later. */
  readonly temporary: boolean

  constructor(kind: ConnectFailureKind, temporary: boolean, message: string, next: string, cause?: unknown) {
    super({ title: 'No connection', message, next, cause })
    this.kind = kind
    this.temporary = temporary
  }
}

/** What was seen of an attempt until it failed. */
export interface AttemptTrace {
  readonly endpoint: Endpoint
  readonly user: string
  readonly timeout: number
  /** The first line that the server sent. */
  greeting: string
  /** The key exchange was completed, and the host key accepted. */
  handshakeDone: boolean
  /** How the user tried to prove who they are: `the key SHA256:… (ssh-ed25519)`, `a password`. */
  readonly tried: string[]
  /** What the server said it takes. */
  methods: readonly string[]
  /** A method was accepted, and the server asked for one more. */
  partial: boolean
}

/** The failure to open a TCP connection, in words. */
export function explainSocketFailure(thrown: unknown, endpoint: Endpoint, timeout: number): ConnectFailure {
  const where = formatHostAndPort(endpoint.host, endpoint.port)
  const code = errorCode(thrown)
  const fail = (kind: ConnectFailureKind, temporary: boolean, message: string, next: string) =>
    new ConnectFailure(kind, temporary, message, next, thrown)
  switch (code) {
    case 'ENOTFOUND':
      return fail(
        'name-not-found',
        false,
        `No address is known for the name ${endpoint.host}.`,
        'Check how the host is spelled, and that its name is known outside of your network.',
      )
    case 'EAI_AGAIN':
      return fail(
        'name-not-found',
        true,
        `The name ${endpoint.host} could not be looked up: the name server did not respond.`,
        "Check the runner's name server, then run the job again.",
      )
    case 'ECONNREFUSED':
      return fail(
        'refused',
        true,
        `${where} refused the connection: the machine is up, but nothing listens on port ${endpoint.port}.`,
        'Check that sshd runs, and on which port (on the server: sshd -T | grep ^port).',
      )
    case 'ETIMEDOUT':
      return fail(
        'no-answer',
        true,
        `${where} did not respond within ${formatDuration(timeout)}.`,
        `Check the address, that the machine is up, and that its firewall lets this runner in on port ${endpoint.port}.`,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail(
        'unreachable',
        true,
        `There is no route to ${where} (${code}).`,
        'Check the address, and whether this runner can reach its network (a private one needs a self-hosted runner, a VPN or a jump host).',
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return reset(where, thrown)
    default:
      return fail(
        'unreachable',
        false,
        `No connection to ${where}: ${messageOf(thrown)}.`,
        'Check the address and the port.',
      )
  }
}

/** As sshd reports why it opens no channel: https://www.rfc-editor.org/rfc/rfc4254#section-5.1 */
const FORWARDING_PROHIBITED = 1

/** The failure of a jump host to connect to the next machine, in words. */
export function explainForwardFailure(
  thrown: unknown,
  jump: string,
  endpoint: Endpoint,
  timeout: number,
): ConnectFailure {
  const where = formatHostAndPort(endpoint.host, endpoint.port)
  if (errorCode(thrown) === 'ETIMEDOUT') {
    return new ConnectFailure(
      'no-answer',
      true,
      `The jump host ${jump} did not reach ${where} within ${formatDuration(timeout)}.`,
      `Check the address as the jump host sees it, and that the firewall of ${endpoint.host} lets the jump host in on port ${endpoint.port}.`,
      thrown,
    )
  }
  const detail = messageOf(thrown).replace(/^\(SSH\) Channel open failure: ?/, '')
  const reason = detail === '' ? '' : ` (${detail})`
  if (thrown instanceof Error && 'reason' in thrown && thrown.reason === FORWARDING_PROHIBITED) {
    return new ConnectFailure(
      'refused',
      false,
      `The jump host ${jump} does not forward connections to ${where}${reason}.`,
      'Allow it in the sshd_config of the jump host (AllowTcpForwarding, PermitOpen), and in the options of the key in its authorized_keys.',
      thrown,
    )
  }
  // As the resolvers of glibc and musl word it: another attempt cannot change that.
  const isUnknownName = /name or service not known|name does not resolve/i.test(detail)
  return new ConnectFailure(
    isUnknownName ? 'name-not-found' : 'unreachable',
    !isUnknownName,
    `The jump host ${jump} could not connect to ${where}${reason}.`,
    'Check the name or address as the jump host sees it, the port, and the firewall between the two.',
    thrown,
  )
}

/** The failure of what follows on an open TCP connection, in words. */
export function explainSshFailure(thrown: unknown, trace: AttemptTrace): ConnectFailure {
  const where = formatHostAndPort(trace.endpoint.host, trace.endpoint.port)
  const reason = messageOf(thrown)
  const timedOut = /^Timed out/.test(reason)
  if (trace.handshakeDone) return explainAuthentication(trace, where, reason, timedOut, thrown)
  if (trace.greeting !== '' && !trace.greeting.startsWith('SSH-')) {
    return new ConnectFailure(
      'not-ssh',
      false,
      `${where} is not an SSH server; it sends: ${trace.greeting}`,
      'Check the port: SSH is on 22 unless the server says otherwise.',
      thrown,
    )
  }
  const algorithm = /no matching (.*)$/.exec(reason)?.[1]
  if (algorithm !== undefined) {
    return new ConnectFailure(
      'no-common-algorithm',
      false,
      `${where} (${trace.greeting}) and this action have no ${algorithm} in common.`,
      `Allow one more on the server, as OpenSSH does by default: KexAlgorithms curve25519-sha256, HostKeyAlgorithms ssh-ed25519, Ciphers aes128-gcm@openssh.com, MACs hmac-sha2-256-etm@openssh.com.`,
      thrown,
    )
  }
  if (timedOut) {
    const state = trace.greeting === '' ? 'accepts connections but sends nothing' : 'did not complete the key exchange'
    return new ConnectFailure(
      'no-answer',
      true,
      `${where} ${state} within ${formatDuration(trace.timeout)}.`,
      'Check the load of the server, and that the port is that of its sshd.',
      thrown,
    )
  }
  if (trace.greeting === '') return reset(where, thrown)
  return new ConnectFailure(
    'handshake',
    true,
    `The key exchange with ${where} (${trace.greeting}) failed: ${reason}.`,
    'Run the job again; if it fails again, read the log of sshd (on the server: journalctl -u ssh).',
    thrown,
  )
}

function reset(where: string, thrown: unknown): ConnectFailure {
  return new ConnectFailure(
    'reset',
    true,
    `${where} accepted the connection and closed it at once.`,
    'Check whether the server bans this runner (fail2ban, DenyHosts, a limit of connections), and that sshd is healthy.',
    thrown,
  )
}

function explainAuthentication(
  trace: AttemptTrace,
  where: string,
  reason: string,
  timedOut: boolean,
  thrown: unknown,
): ConnectFailure {
  const { user, tried, methods } = trace
  const told = [`${where} did not let ${user} in.`]
  if (timedOut) told.push(`The server had not decided after ${formatDuration(trace.timeout)}.`)
  told.push(tried.length === 0 ? 'Nothing could be tried.' : `Tried: ${tried.join(', ')}.`)
  if (methods.length > 0) told.push(`The server takes: ${methods.join(', ')}.`)
  if (trace.partial) told.push('One method was accepted, and the server requires a second one.')
  if (/Too many|agent/i.test(reason)) told.push(`It said: ${reason}.`)
  return new ConnectFailure('authentication', timedOut, told.join(' '), cureForAuthentication(trace, reason), thrown)
}

function cureForAuthentication({ user, tried, methods, partial }: AttemptTrace, reason: string): string {
  const takes = (method: string) => methods.length === 0 || methods.includes(method)
  const key = tried.find(text => text.includes('SHA256:'))
  if (partial)
    return 'Give both the key and the password, or ask for only one of them (AuthenticationMethods in sshd_config).'
  if (tried.length === 0 && !takes('publickey'))
    return 'Allow PubkeyAuthentication in the sshd_config of the server, which takes no keys, or give a password.'
  if (tried.includes(AGENT_KEYS)) {
    if (/agent/i.test(reason))
      return 'Start the SSH agent in this job (nothing responds at the socket that SSH_AUTH_SOCK names), or give the key as `key`.'
    if (/too many/i.test(reason))
      return 'Let the agent hold fewer keys: the server ends a login after a few wrong ones (MaxAuthTries in its sshd_config).'
    return `Check with ssh-add -l that the agent has a key at all, and that ~/.ssh/authorized_keys of ${user} on the server has the line of one of them.`
  }
  if (!key && !takes('password') && !takes('keyboard-interactive'))
    return 'Give a key as `key`: the server takes keys only.'
  if (key) {
    return `Check that the user is right, and that ~/.ssh/authorized_keys of ${user} on the server has the line of this key (ssh-keygen -lf ~/.ssh/authorized_keys shows the fingerprints) and belongs to ${user} with mode 0600.`
  }
  return `Check user and password${user === 'root' ? ' (most servers let root in by key only)' : ''}.`
}
