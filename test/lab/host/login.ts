import { type HostKeyPolicy, parseHostKeyPolicy } from '@deploy-actions/core/host/host-key'
import type { SshTarget } from '@deploy-actions/core/host/ssh-connect'
import { connectSsh, type SshHost } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { type PrivateKey, readPrivateKey } from '@deploy-actions/core/values/private-key'
import { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import type { LabServer } from '../server.ts'

export function keyOf(text: string, passphrase?: string): PrivateKey {
  const reading = readPrivateKey(text, passphrase === undefined ? undefined : new Secret(passphrase))
  if (!reading.ok) throw new Error(reading.problem.message)
  return reading.key
}

export function knownHostsOf(server: LabServer): HostKeyPolicy {
  return parseHostKeyPolicy({ knownHosts: server.hostKeys.join('\n'), fingerprint: '' })
}

/** What an action would be given to reach a server of the lab. */
export function targetOf(server: LabServer, more: Partial<SshTarget> = {}): SshTarget {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    ...(more.password === undefined ? { key: keyOf(server.privateKey) } : {}),
    hostKey: knownHostsOf(server),
    connectTimeout: 10_000,
    ...more,
  }
}

export function login(server: LabServer, more: Partial<SshTarget> = {}, log = new RecordingLog()): Promise<SshHost> {
  return connectSsh(targetOf(server, more), { clock: systemClock, log })
}
