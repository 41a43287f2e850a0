import { randomUUID } from 'node:crypto'
import { connectTo, type ServerInputs } from '../host/server-inputs.ts'
import { localWorkspace } from '../host/workspace.ts'
import { probeHttp } from '../probe/http-probe.ts'
import type { Environment } from '../runner/inputs.ts'
import type { Context } from './context.ts'
import { endpointOf } from './health-route.ts'

const PROBE_TIMEOUT = 10_000
/** A deploy is a dozen commands, one after the other: with so many shells started ahead, each needs one round trip. */
const STANDBY = 2

interface Runner extends Omit<Context, 'connect' | 'mark' | 'owner' | 'probe' | 'workspace'> {
  readonly connection: ServerInputs
  readonly http: Parameters<typeof probeHttp>[0]
  readonly env: Environment
}

/** The engine's context on a runner: its disk, its network, and the way to the server. */
export function runnerContext({ connection, http, env, ...given }: Runner): Context {
  const { signal } = given
  return {
    ...given,
    mark: `mark-${randomUUID()}`,
    owner: randomUUID(),
    workspace: localWorkspace,
    connect: () => connectTo(connection, env, { ...given, standby: STANDBY }),
    async probe(health, host) {
      const probe = { url: health.url, timeout: PROBE_TIMEOUT, signal }
      if (health.from === 'runner') return reasonOf(await probeHttp(http, probe))
      await using tunnel = await host.tunnel(endpointOf(health))
      return reasonOf(await probeHttp(http, { ...probe, throughPort: tunnel.port }))
    },
  }
}

function reasonOf(verdict: Awaited<ReturnType<typeof probeHttp>>): string | undefined {
  return verdict.ok ? undefined : verdict.reason
}
