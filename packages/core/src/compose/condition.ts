import type { ContainerState } from './containers.ts'

/** How one container is. The texts read on after its name. */
export type Condition =
  | { readonly kind: 'healthy'; readonly text: string }
  /** A one-shot that did its work. */
  | { readonly kind: 'done'; readonly text: string }
  /** `late` is said instead of `text` when it lasted until the limit. */
  | { readonly kind: 'unready'; readonly text: string; readonly late?: string }
  /** Beyond hope: waiting changes nothing. */
  | { readonly kind: 'unhealthy'; readonly text: string }

export interface Circumstances {
  /** Whether it may end with 0: nothing says that the service stays. */
  readonly mayEnd: boolean
  /** Whether its healthcheck may be one that its image has for something else: then it does not end the wait. */
  readonly mayIgnoreHealth: boolean
  /** Whether others wait for its end. */
  readonly mustEnd: boolean
  /** When everything that it might have been waiting for was ready; undefined when something is still starting. */
  readonly othersReadySince: number | undefined
  /** False when an earlier look, at which all was well, did not see this very run of it. */
  readonly isSameRun: boolean
}

/** Many applications end when their database is not there yet and rely on being started again. More than that is a loop. */
const CRASHES_OF_A_LOOP = 3
/** How long one that crashed before must run until it is believed. */
const STEADY_MS = 10_000

export function conditionOf(container: ContainerState, circumstances: Circumstances): Condition {
  switch (container.state) {
    case 'running':
      return conditionOfRunning(container, circumstances)
    case 'restarting':
      return conditionOfCrashing(container, circumstances)
    case 'exited':
      return conditionOfExited(container, circumstances)
    case 'created':
      return container.error === ''
        ? { kind: 'unready', text: 'was created but is not started' }
        : { kind: 'unhealthy', text: `could not be started: ${container.error}` }
    case 'paused':
      return { kind: 'unready', text: 'is paused' }
    case 'removing':
      return { kind: 'unready', text: 'is being removed' }
    case 'dead':
      return { kind: 'unready', text: 'is dead: the engine could not remove it' }
  }
}

/** Whether it ends again and again. */
export function isCrashLooping({ state, restartCount }: ContainerState): boolean {
  return state === 'restarting' && restartCount >= CRASHES_OF_A_LOOP
}

/**
 * Since when others could count on it; undefined when they cannot yet. Without a healthcheck nobody can tell when it was
 * ready, so it is given the time that a database needs to begin to listen.
 */
export function readySince(container: ContainerState): number | undefined {
  const { state, health, startedAt = container.seenAt } = container
  if (state !== 'running' || health === 'starting') return undefined
  return health === 'healthy' ? (container.healthySince ?? startedAt) : startedAt + STEADY_MS
}

function conditionOfRunning(
  container: ContainerState,
  { mustEnd, mayIgnoreHealth, isSameRun }: Circumstances,
): Condition {
  const { health, restartCount, startedAt, seenAt } = container
  if (health === 'unhealthy') {
    const text = `is unhealthy: ${lastProbe(container)}`
    if (!mayIgnoreHealth) return { kind: 'unhealthy', text }
    return { kind: 'unready', text: 'has not finished its task yet', late: text }
  }
  if (health === 'starting') return neverHealthy(container)
  if (mustEnd) return { kind: 'unready', text: 'has not finished its task yet', late: 'did not finish its task' }
  if (restartCount > 0 && startedAt !== undefined && seenAt - startedAt < STEADY_MS) {
    return {
      kind: 'unready',
      text: `runs again after ${restarts(container)}`,
      late: `ends again and again (${restarts(container)})`,
    }
  }
  if (!isSameRun) return { kind: 'unready', text: 'was started anew while it was watched' }
  return { kind: 'healthy', text: health === 'healthy' ? 'healthy' : 'running, without a healthcheck' }
}

function neverHealthy(container: ContainerState): Condition {
  const { restartCount } = container
  if (restartCount > 0) {
    return {
      kind: 'unready',
      text: `starts again after ${restarts(container)}`,
      late: `ends again and again before it becomes healthy (${restarts(container)})`,
    }
  }
  return {
    kind: 'unready',
    text: 'is starting',
    late: `never became healthy: ${lastProbe(container)}`,
  }
}

/**
 * A loop is beyond hope when even a run that began after everything else was ready has crashed. Until then it may be
 * waiting for a database, in its own crude way.
 */
function conditionOfCrashing(container: ContainerState, { othersReadySince }: Circumstances): Condition {
  const text = `${endOf(container)} again and again (${restarts(container)})`
  const { startedAt } = container
  const wasLastRunFair = othersReadySince !== undefined && startedAt !== undefined && othersReadySince <= startedAt
  if (isCrashLooping(container) && wasLastRunFair) return { kind: 'unhealthy', text }
  return { kind: 'unready', text: `${endOf(container)} and is started again (${restarts(container)})`, late: text }
}

/**
 * Whether the engine does not start it again, although its policy says so: somebody stopped it. An engine that was killed counts its
 * own containers as such when it comes back. https://github.com/moby/moby/issues/43204
 */
export function isStopped({ state, restartPolicy }: ContainerState): boolean {
  return state === 'exited' && (restartPolicy === 'always' || restartPolicy === 'unless-stopped')
}

function conditionOfExited(container: ContainerState, { mayEnd }: Circumstances): Condition {
  const { exitCode, restartCount } = container
  if (isStopped(container)) return { kind: 'unready', text: `is stopped (it ${endOf(container)})` }
  if (exitCode === 0) {
    return mayEnd
      ? { kind: 'done', text: 'completed' }
      : { kind: 'unhealthy', text: 'has ended (exit status 0), but it should stay' }
  }
  const tries = restartCount > 0 ? `, after ${restarts(container)}` : ''
  return { kind: 'unhealthy', text: `${endOf(container)}${tries}` }
}

/** What is behind the exit statuses that shells and the kernel give: https://tldp.org/LDP/abs/html/exitcodes.html */
const KNOWN_EXITS: Readonly<Record<number, string>> = {
  126: 'its command cannot be executed',
  127: 'its command was not found',
  132: 'illegal instruction: perhaps an image for another processor',
  134: 'aborted',
  137: 'killed',
  139: 'segmentation fault',
  143: 'terminated',
}

function endOf({ exitCode, oomKilled }: ContainerState): string {
  if (oomKilled) return `exits with ${exitCode} (out of memory)`
  const meaning = KNOWN_EXITS[exitCode]
  return `exits with ${exitCode}${meaning === undefined ? '' : ` (${meaning})`}`
}

function restarts({ restartCount }: ContainerState): string {
  return restartCount === 1 ? '1 restart' : `${restartCount} restarts`
}

/** A probe's output is a program's: cut to what fits into a sentence. */
const LONGEST_PROBE = 300

function lastProbe({ healthLog }: ContainerState): string {
  const said = healthLog.join(' ⏎ ')
  if (said === '') return 'its healthcheck has not passed and says nothing'
  return `the last probe said "${said.length > LONGEST_PROBE ? `${said.slice(0, LONGEST_PROBE)}…` : said}"`
}
