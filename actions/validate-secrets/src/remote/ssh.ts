import { ConnectFailure, type ConnectFailureKind } from '@deploy-actions/core/host/connect-failure'
import { type HostKeyPolicy, HostKeyRefused, parseHostKeyPolicy } from '@deploy-actions/core/host/host-key'
import { connectOnce, type SshTarget } from '@deploy-actions/core/host/ssh-connect'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { readPrivateKey } from '@deploy-actions/core/values/private-key'
import { Secret } from '@deploy-actions/core/values/secret'
import { type Finding, failed, type Network, type Operands, passed } from './remote-check.ts'

/** A failure's own message names host, user and what the server said; its kind does not. */
const KINDS: Readonly<Record<ConnectFailureKind, string>> = {
  'name-not-found': 'no address is known for the name of the host',
  refused: 'the connection was refused: nothing listens on that port',
  'no-answer': 'no response within the time limit: a firewall, a wrong address, or the machine is down',
  unreachable: 'there is no route to the host',
  reset: 'the connection was closed at once: a ban, a limit of connections, or another protocol',
  'not-ssh': 'the response on that port is not SSH',
  'no-common-algorithm': 'the server and this action have no algorithm in common',
  handshake: 'the key exchange failed',
  authentication: 'the server did not let the user in',
}

/** Something that speaks SSH is there; who it is, is not asked. */
export async function checkSshReachable(operands: Operands, network: Network): Promise<Finding> {
  const outcome = await connect(targetOf(operands, network, { kind: 'not-given' }), network)
  if (outcome === 'let in' || outcome instanceof HostKeyRefused) return passed('a server that speaks SSH answers')
  return failed('unreachable', `got no SSH server: ${KINDS[outcome.kind]}`)
}

/** The server shows the key that is expected of it. No login is tried. */
export async function checkSshHostKey(operands: Operands, network: Network): Promise<Finding> {
  const policy = policyOf(operands)
  if ('passed' in policy) return policy
  const outcome = await connect(targetOf(operands, network, policy), network)
  if (outcome instanceof HostKeyRefused) return refusedHostKey(outcome)
  // Without any proof of who we are the server lets nobody in, but by then its key was accepted.
  if (outcome === 'let in' || outcome.kind === 'authentication') return passed('the server shows the expected host key')
  return failed('unreachable', `got no host key: ${KINDS[outcome.kind]}`)
}

/** The key opens the account; the connection is closed at once, and nothing runs. */
export async function checkSshLogin(operands: Operands, network: Network): Promise<Finding> {
  const policy = policyOf(operands)
  if ('passed' in policy) return policy
  const reading = readPrivateKey(operands('key'), new Secret(operands('passphrase')))
  if (!reading.ok) return failed('format', 'has no private key that can be used')
  const outcome = await connect({ ...targetOf(operands, network, policy), key: reading.key }, network)
  if (outcome === 'let in') return passed('the server lets the user in with the key')
  if (outcome instanceof HostKeyRefused) return refusedHostKey(outcome)
  if (outcome.kind === 'authentication') {
    return failed(
      'refused',
      'is not let in with this key',
      "Check the user, and that the key's public half stands in ~/.ssh/authorized_keys of that user.",
    )
  }
  return failed('unreachable', `got no login: ${KINDS[outcome.kind]}`)
}

function targetOf(operands: Operands, network: Network, hostKey: HostKeyPolicy): SshTarget {
  const port = Number(operands('port').trim() || 22)
  return {
    host: operands('host').trim(),
    port,
    user: operands('user').trim() || 'nobody',
    hostKey,
    connectTimeout: network.timeout,
  }
}

/** The parser's message may quote the value. */
function policyOf(operands: Operands): HostKeyPolicy | Finding {
  try {
    return parseHostKeyPolicy({ knownHosts: operands('known-hosts'), fingerprint: operands('fingerprint') })
  } catch (thrown) {
    if (!(thrown instanceof InvalidValue)) throw thrown
    return failed('format', 'has a host key that cannot be read, in known-hosts or fingerprint')
  }
}

function refusedHostKey(refusal: HostKeyRefused): Finding {
  const seen = refusal.offered.map(key => `${key.type} ${key.fingerprint}`).join(', ')
  const what =
    refusal.verdict === 'changed'
      ? 'shows another host key than the one that is known of it'
      : 'shows a host key that is not among the expected ones'
  return failed(
    'mismatch',
    `names a server that ${what} (${seen})`,
    'Compare with the server itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.',
  )
}

async function connect(target: SshTarget, network: Network): Promise<'let in' | HostKeyRefused | ConnectFailure> {
  try {
    const { client, socket } = await connectOnce(target, network.signal)
    client.end()
    socket.destroy()
    return 'let in'
  } catch (thrown) {
    if (thrown instanceof HostKeyRefused || thrown instanceof ConnectFailure) return thrown
    throw thrown
  }
}
