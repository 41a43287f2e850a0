import type { InputReader } from '../runner/inputs.ts'
import { parseHostAddress } from '../values/host-address.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import type { PrivateKey } from '../values/private-key.ts'
import type { Secret } from '../values/secret.ts'
import { type HostKeyPolicy, hostKeyPolicy, parseFingerprints } from './host-key.ts'
import { readKeyInput } from './key-input.ts'
import type { SshTarget } from './ssh-connect.ts'

/** How to log in to the server; what the inputs say nothing else about holds for the jump hosts too. */
export interface ServerLogin {
  readonly user: string
  readonly key: PrivateKey | undefined
  readonly password: Secret | undefined
  readonly agent: string | undefined
  readonly hostKey: HostKeyPolicy
  readonly connectTimeout: number
}

export interface JumpInputs {
  readonly jumps: readonly SshTarget[]
  readonly secrets: readonly Secret[]
}

/** Reads `jump-host jump-key jump-key-passphrase jump-fingerprint`. */
export function readJumps(read: InputReader, login: ServerLogin): JumpInputs {
  const lines = read.lines('jump-host')
  const { key, secrets } = readKeyInput(read, 'jump-key', 'jump-key-passphrase')
  const hostKey = readHostKey(read, login.hostKey)
  for (const name of ['jump-key', 'jump-key-passphrase', 'jump-fingerprint']) {
    if (lines.length === 0 && read.text(name) !== '') read.problem(name, 'is only for `jump-host`, which is empty')
  }
  // One machine of a chain could show its own key as that of the next one.
  if (lines.length > 1 && read.text('jump-fingerprint') !== '') {
    read.problem('jump-fingerprint', 'is for one jump host; give the host keys of several in `known-hosts`')
  }
  const { connectTimeout } = login
  const addresses = read.check('jump-host', () => lines.map(parseJump)) ?? []
  const jumps = addresses.map(({ host, user = login.user, port = 22 }) => ({
    ...{ host, user, port, hostKey, connectTimeout },
    ...proofOf(key, login),
  }))
  return { jumps, secrets }
}

function parseJump(line: string) {
  const address = parseHostAddress(line)
  if (address.kind === 'ssh') return address
  throw new InvalidValue('is local, which is the runner itself; write the jump host as [user@]host[:port]')
}

/**
 * `fingerprint` is of the server alone: if the list held the keys of both, a jump host could show its own key as the server's. A line
 * of known-hosts names its host.
 */
function readHostKey(read: InputReader, server: HostKeyPolicy): HostKeyPolicy {
  const fingerprints = read.parse('jump-fingerprint', parseFingerprints) ?? []
  if (server.kind === 'accept-any') return server
  return hostKeyPolicy(server.kind === 'known' ? server.knownHosts : [], fingerprints, 'jump-fingerprint')
}

/** One proof is sent to a jump host, and a password only where there is no key: it belongs to the server. */
function proofOf(
  jumpKey: PrivateKey | undefined,
  { key, password, agent }: ServerLogin,
): Pick<SshTarget, 'key' | 'password' | 'agent'> {
  const chosen = jumpKey ?? key
  if (chosen) return { key: chosen }
  if (password) return { password }
  return agent ? { agent } : {}
}
