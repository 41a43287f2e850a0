import type { Host } from '../host/host.ts'
import { isForwardingProhibited } from '../probe/tunnel-failure.ts'
import { ActionError } from '../values/action-error.ts'
import type { Context } from './context.ts'
import type { HealthUrl } from './options.ts'

/** How long a server gets to refuse. A connection that it tries to make is not refused. */
const REFUSED_WITHIN = 5_000

/** What a URL is requested from. */
export function endpointOf({ url }: Pick<HealthUrl, 'url'>): { readonly host: string; readonly port: number } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

/** Refuses a health URL that this server lets nobody request through SSH, before that could count as an unhealthy release. */
export async function checkHealthRoute(
  health: HealthUrl | undefined,
  host: Host,
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<void> {
  if (health === undefined || health.from === 'runner') return
  const attempt = host.stream(endpointOf(health)).then(
    stream => void stream.destroy(),
    thrown => thrown,
  )
  const over = new AbortController()
  const limit = clock.sleep(REFUSED_WITHIN, AbortSignal.any([signal, over.signal])).catch(() => undefined)
  const failure = await Promise.race([attempt, limit])
  over.abort()
  if (!isForwardingProhibited(failure)) return
  throw new ActionError({
    title: `${host.name} allows no connections through SSH`,
    message: `\`health-url\` (${health.name}) is requested through the SSH connection, and the SSH server prohibits that (AllowTcpForwarding or PermitOpen in its sshd_config). Whether the release is healthy could not be told.`,
    next: 'Allow it for the login user (AllowTcpForwarding local), set `health-from: runner` where the URL is reachable from the runner, or leave `health-url` out and give the service a `healthcheck`.',
  })
}
