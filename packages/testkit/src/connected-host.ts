import { connectSsh, type SshHost } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from './recording-log.ts'
import type { SshServer } from './ssh-server.ts'

/** The password of servers that `connectedHost` logs in to. */
export const PASSWORD = 'pw'

/** Logs in to an SSH server of a test's that takes the password, whatever its key. */
export function connectedHost(ssh: SshServer, standby = 0): Promise<SshHost> {
  return connectSsh(
    {
      host: '127.0.0.1',
      port: ssh.port,
      user: 'deploy',
      password: new Secret(PASSWORD),
      hostKey: { kind: 'accept-any' },
      connectTimeout: 10_000,
    },
    { clock: systemClock, log: new RecordingLog(), standby },
  )
}
