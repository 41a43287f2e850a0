import { isStopped } from '../compose/condition.ts'
import type { ContainerState } from '../compose/containers.ts'
import { LockLost } from '../release/program-failure.ts'
import { nameOf, type Release } from '../release/record.ts'
import { describeDifferences, runningDifferences, serviceContainers } from '../release/running.ts'
import { ActionError } from '../values/action-error.ts'
import { projectIn } from './identity.ts'
import type { SurveyedProject } from './project.ts'
import { listed } from './rollback-point.ts'

/** What a server runs. */
export interface Present {
  /** The release whose images run; undefined when nothing runs, or something that no release has. */
  readonly release: Release | undefined
  /** The same for people. */
  readonly text: string
}

/** PURE. A release that a directory holds does not have to run: somebody may have stopped or replaced it. */
export function presentOf(held: Release | undefined, containers: readonly ContainerState[]): Present {
  const all = serviceContainers(containers)
  const running = all.filter(({ state }) => state === 'running' || state === 'restarting' || state === 'paused')
  if (running.length === 0) return { release: undefined, text: 'nothing' }
  if (held === undefined) return { release: undefined, text: 'containers that were started manually' }
  const different = runningDifferences(held.services, running)
  if (different.length > 0) {
    return { release: undefined, text: `not what ${nameOf(held)} records: ${describeDifferences(different)}` }
  }
  const stopped = all.filter(isStopped).map(({ name }) => name)
  return { release: held, text: stopped.length === 0 ? nameOf(held) : `${nameOf(held)}, stopped: ${listed(stopped)}` }
}

/** Why a run failed before it switched anything, with what the server runs. */
export class EndedBeforeSwitch extends ActionError {
  readonly present: Present
  /** The release that the project directory held when the run began. */
  readonly previous: Release | undefined

  constructor(cause: ActionError, present: Present, previous: Release | undefined) {
    const { title, message, next } = cause
    super({ title, message, ...(next === undefined ? {} : { next }), cause })
    this.present = present
    this.previous = previous
  }
}

/**
 * Does work that ends with an ActionError of exit status 1 only while nothing is switched. Then it looks at what runs, so that
 * people see that the earlier release does. The look is best effort: the cause of the failure counts.
 */
export async function orPresent<T>(
  project: Pick<SurveyedProject, 'host' | 'program' | 'server' | 'store'>,
  path: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { held } = project.store
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof ActionError) || thrown.exitStatus !== 1 || thrown instanceof LockLost) throw thrown
    if (signal.aborted || project.host.isLost) throw thrown
    const containers = await containersIn(project, path).catch(() => undefined)
    throw containers === undefined
      ? thrown
      : new EndedBeforeSwitch(thrown, presentOf(project.store.held, containers), held)
  }
}

/** The containers of the project in a directory, also of one that no release records. */
export async function containersIn(
  { program, server, store }: Pick<SurveyedProject, 'program' | 'server' | 'store'>,
  path: string,
): Promise<readonly ContainerState[]> {
  const name = store.held?.project ?? projectIn(path, server)
  return name === undefined ? [] : program.containers(name)
}
