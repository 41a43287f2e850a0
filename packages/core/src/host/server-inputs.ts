import type { Environment, InputReader } from '../runner/inputs.ts'
import { parseHostAddress } from '../values/host-address.ts'
import type { PrivateKey } from '../values/private-key.ts'
import type { Secret } from '../values/secret.ts'
import type { Host } from './host.ts'
import { type HostKeyPolicy, hostKeyPolicy, parseFingerprints } from './host-key.ts'
import { readJumps } from './jump-inputs.ts'
import { readKeyInput } from './key-input.ts'
import { parseKnownHosts } from './known-hosts.ts'
import { LocalHost } from './local-host.ts'
import type { SshTarget } from './ssh-connect.ts'
import type { ConnectWorld } from './ssh-host.ts'

/** The inputs by which every action names a server. Times are in milliseconds. */
export interface ServerInputs {
  /** `local` is the machine that runs the job. */
  readonly server: 'local' | { readonly host: string; readonly user: string; readonly port: number }
  readonly key: PrivateKey | undefined
  readonly password: Secret | undefined
  /** The socket of the SSH agent; undefined where there is none, or a key or a password is given. */
  readonly agent: string | undefined
  readonly hostKey: HostKeyPolicy
  readonly connectTimeout: number
  /** The machines between the runner and the server, the first one first. */
  readonly jumps: readonly SshTarget[]
  /** Keys, passphrases and password as they were given: not to be seen anywhere. */
  readonly secrets: readonly Secret[]
}

/**
 * Reads `host user port key key-passphrase password known-hosts fingerprint host-key connect-timeout`, what belongs to `jump-host`, and
 * the agent's variable.
 */
export function readServerInputs(read: InputReader, env: Environment): ServerInputs {
  const hosts = read.lines('host')
  if (hosts.length === 0) read.problem('host', 'is missing; write the server as [user@]host[:port], or local')
  if (hosts.length > 1) read.problem('host', `names ${hosts.length} servers; one step goes to one, so use a matrix`)
  const port = read.integer('port', { min: 1, max: 65_535 })
  // The aliases are the names that appleboy/ssh-action and scp-action have for these inputs.
  const user = read.text(read.nameOf('user', 'username'))
  const address = hosts.length === 1 ? read.check('host', () => parseHostAddress(hosts[0] ?? '')) : undefined
  const password = read.secret('password')
  const { isGiven, key, secrets } = readKeyInput(read, 'key', read.nameOf('key-passphrase', 'passphrase'))
  const agent = isGiven || password ? undefined : env['SSH_AUTH_SOCK'] || undefined
  if (address?.kind === 'ssh') {
    if (address.user === undefined && user === '') {
      read.problem('user', 'is missing; name the user to log in as, or write `user@` before the host')
    }
    if (!isGiven && !password && !agent) {
      read.problem(
        'key',
        'and `password` are missing, and there is no SSH agent (SSH_AUTH_SOCK is not set); give a private key, or a password where the server accepts no keys, or start an agent in an earlier step',
      )
    }
  }
  const server =
    address?.kind === 'ssh'
      ? { host: address.host, user: address.user ?? user, port: address.port ?? port }
      : ('local' as const)
  const login = { key, password, agent, hostKey: readHostKey(read), connectTimeout: read.duration('connect-timeout') }
  if (address?.kind === 'local' && read.text('jump-host') !== '') {
    read.problem('jump-host', 'leads to a server, and `host` is local')
  }
  const way = readJumps(read, { ...login, user: server === 'local' ? '' : server.user })
  return {
    ...login,
    server,
    jumps: way.jumps,
    secrets: [...secrets, ...(password ? [password] : []), ...way.secrets],
  }
}

function readHostKey(read: InputReader): HostKeyPolicy {
  const lines = read.parse('known-hosts', parseKnownHosts)
  const fingerprints = read.parse('fingerprint', parseFingerprints)
  if (read.choice('host-key', ['check', 'accept-any']) === 'accept-any') return { kind: 'accept-any' }
  // One that is wrong is noted as a problem, and reads as undefined.
  return lines && fingerprints ? hostKeyPolicy(lines, fingerprints) : { kind: 'not-given' }
}

/** Opens the way to the server that the inputs name. */
export async function connectTo(inputs: ServerInputs, env: Environment, world: ConnectWorld): Promise<Host> {
  const { server, key, password, agent, hostKey, connectTimeout, jumps } = inputs
  if (server === 'local') return new LocalHost(environmentForCommands(env))
  // The largest part of a bundle, which many runs of an action do without.
  const { connectThrough } = await import('./jump-host.ts')
  // Where a secret is empty by mistake, this line is the only hint.
  if (agent !== undefined) world.log.info('  `key` and `password` are empty: the keys of the SSH agent are used')
  const proofs = { ...(key ? { key } : {}), ...(password ? { password } : {}), ...(agent ? { agent } : {}) }
  return connectThrough(jumps, { ...server, ...proofs, hostKey, connectTimeout }, world)
}

/** A command on the runner itself needs to find programs and Docker, not the step's inputs and the runner's tokens. */
export function environmentForCommands(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => /^(PATH|HOME|USER|LANG|TMPDIR|XDG_|DOCKER_)/.test(name)),
  )
}
