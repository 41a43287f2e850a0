import { containersCommand } from '../compose/command.ts'
import type { Service } from '../compose/config.ts'
import { type ContainerState, parseContainers } from '../compose/containers.ts'
import { type Judgement, judge } from '../compose/judge.ts'
import type { Clock } from '../flow/clock.ts'
import type { Host } from '../host/host.ts'
import { mustRun } from './must-run.ts'

const LOOK_TIMEOUT = 60_000
const LOOK_INTERVAL = 1_000

/** All containers of a Compose project, running or not. */
export async function containersOf(host: Host, project: string): Promise<ContainerState[]> {
  const { stdout } = await mustRun(
    host,
    { argv: containersCommand(project), timeout: LOOK_TIMEOUT },
    'inspect the containers',
  )
  return parseContainers(stdout)
}

export interface HealthOptions {
  readonly project: string
  readonly services: readonly Service[]
  /** Milliseconds for all services together. */
  readonly timeout: number
  /** Milliseconds after which healthy services are looked at once more. */
  readonly settle: number
  /** Told when what is waited for changes. */
  readonly onChange: (text: string) => void
  readonly signal?: AbortSignal
}

export interface HealthVerdict {
  readonly healthy: boolean
  readonly judgement: Judgement
  readonly containers: readonly ContainerState[]
}

/**
 * Looks at every container until all are well, and after `settle` once more, as one that dies soon after its start looks
 * well at first. Compose's own exit status says neither. Ends early with the first service that is beyond hope.
 */
export async function waitForHealth(host: Host, options: HealthOptions, clock: Clock): Promise<HealthVerdict> {
  const start = clock.now()
  let previous: readonly ContainerState[] | undefined
  let told: string | undefined
  for (;;) {
    const containers = await containersOf(host, options.project)
    const elapsed = clock.now() - start
    const judgement = judge({ services: options.services, containers, previous, elapsed, timeout: options.timeout })
    if (judgement.verdict === 'sick') return { healthy: false, judgement, containers }
    if (judgement.verdict === 'healthy' && previous !== undefined) return { healthy: true, judgement, containers }
    const waiting = judgement.services.filter(service => service.verdict === 'waiting').map(service => service.reason)
    const text = waiting.join('; ')
    if (text !== told) options.onChange(text || `all healthy; looking again in ${options.settle / 1_000} s`)
    told = text
    // Only a look at which all was well counts as the first of the two.
    previous = judgement.verdict === 'healthy' ? containers : undefined
    await clock.sleep(previous ? options.settle : LOOK_INTERVAL, options.signal)
  }
}

/** The last lines that a container wrote. */
export async function lastLogs(host: Host, container: string, lines: number): Promise<string[]> {
  const argv = ['docker', 'logs', '--tail', String(lines), container]
  const result = await host.run({ argv, timeout: LOOK_TIMEOUT })
  return `${result.stdout}${result.stderr}`.split('\n').filter(line => line.trim() !== '')
}
