import { isStopped } from '../compose/condition.ts'
import type { Service } from '../compose/config.ts'
import type { ContainerState } from '../compose/containers.ts'
import { isSameRun, type Judgement, judge, type Verdict } from '../compose/judge.ts'
import { ConnectionLost } from '../host/host-error.ts'
import type { VerifyAnswer } from '../release/answers.ts'
import { DiskFull, EngineDown, LockLost } from '../release/program-failure.ts'
import type { Release } from '../release/record.ts'
import { describeDifferences, runningDifferences, serviceContainers } from '../release/running.ts'
import { certainDifferences } from '../release/survey.ts'
import { formatDuration } from '../values/duration.ts'
import type { Context } from './context.ts'
import type { HealthOptions, HealthUrl } from './options.ts'
import type { Project } from './project.ts'
import type { Evidence } from './result.ts'
import { listed } from './rollback-point.ts'

const LOOK_INTERVAL = 1_000
const LOG_LINES = 30
/** A container is believed once it has run for so long. */
const STABLE_FOR = 5_000

/** Why a release is not what it should be. */
export interface Trouble {
  readonly kind: 'refused' | 'files' | 'start' | 'unhealthy' | 'inexact' | 'url' | 'disk'
  readonly reason: string
  readonly next?: string | undefined
  readonly evidence: readonly Evidence[]
  /** The services that are unhealthy, or did not start. */
  readonly services?: readonly string[]
}

/** Starts a release once more, whatever of it is stopped; returns what went wrong. */
export type StartAgain = () => Promise<Trouble | undefined>

/**
 * Whether a release runs, is healthy, and is exact: every container twice, image IDs, checksums, modes, links, `.env`, then the
 * health URL. Undefined when all is as recorded. `startAgain` is called once at most, when containers are stopped.
 */
export async function verifyRelease(
  release: Release,
  services: readonly Service[],
  health: HealthOptions,
  project: Project,
  context: Context,
  startAgain?: StartAgain,
): Promise<Trouble | undefined> {
  try {
    return await troubleIn(release, services, health, project, context, startAgain)
  } catch (thrown) {
    if (thrown instanceof DiskFull) return fullDisk(thrown)
    throw thrown
  }
}

/** A release that cannot be verified or recorded is rolled back, for which every deploy keeps room. */
export function fullDisk({ message, next }: DiskFull): Trouble {
  return { kind: 'disk', reason: message, next, evidence: [] }
}

async function troubleIn(
  release: Release,
  services: readonly Service[],
  health: HealthOptions,
  project: Project,
  context: Context,
  startAgain: StartAgain | undefined,
): Promise<Trouble | undefined> {
  const expected = expectedOf(release, services)
  const endsWhenStopped = startAgain !== undefined
  const { unhealthy, stopped, answer } = await waitForHealth(
    release,
    expected,
    health,
    project,
    context,
    endsWhenStopped,
  )
  if (startAgain !== undefined && stopped !== undefined) {
    context.log.warning(
      `${listed(stopped)} ${stopped.length === 1 ? 'is' : 'are'} stopped, and the engine does not start a stopped container again: it may have been killed. The release is started once more.`,
      'Containers were stopped during the health check',
    )
    return (await startAgain()) ?? verifyRelease(release, services, health, project, context)
  }
  if (unhealthy !== undefined) {
    return {
      kind: 'unhealthy',
      reason: reasonOf(unhealthy),
      next: hintOf(unhealthy, answer.containers),
      services: servicesOf(unhealthy, 'unhealthy'),
      evidence: await evidenceOf(unhealthy, answer.containers, project),
    }
  }
  const inexact = inexactness(release, services, answer, context)
  if (inexact !== undefined) return { kind: 'inexact', reason: inexact, evidence: [] }
  return probeUrl(health.url, project, context, answer.containers)
}

/**
 * A project that was adopted may have been started in part, and may have a service that always fails: what did not run or was not healthy
 * then is not expected to be now.
 */
function expectedOf(release: Release, services: readonly Service[]): readonly Service[] {
  if (!release.adopted) return services
  const recorded = new Set(release.services.filter(({ found }) => found === undefined).map(({ name }) => name))
  return services.filter(({ name }) => recorded.has(name))
}

interface Health {
  /** Undefined when every service is healthy. */
  readonly unhealthy: Judgement | undefined
  /** Names of containers that have to be started again. */
  readonly stopped?: readonly string[]
  readonly answer: VerifyAnswer
}

/**
 * Inspects every container until all are healthy, and once more after a while, as one that dies soon after its start looks healthy
 * at first. Compose's own exit status reports neither. Ends early with the first service that cannot recover; one that is
 * stopped only where it can be started again.
 */
async function waitForHealth(
  release: Release,
  services: readonly Service[],
  health: HealthOptions,
  project: Project,
  context: Context,
  endsWhenStopped: boolean,
): Promise<Health> {
  const { clock, log, signal } = context
  // Nothing that could die soon after its start.
  if (services.length === 0) return { unhealthy: undefined, answer: await project.program.verify(release.id) }
  const start = clock.now()
  let previous: readonly ContainerState[] | undefined
  let reported: string | undefined
  let [beforeOutage, lastSeen]: (readonly ContainerState[] | undefined)[] = []
  for (;;) {
    const elapsed = clock.now() - start
    const answer = await inspect(release, previous !== undefined, elapsed < health.waitTimeout, project)
    if (answer === undefined) {
      beforeOutage = lastSeen
      await clock.sleep(LOOK_INTERVAL, signal)
      continue
    }
    const { containers } = answer
    const judgement = judge({ services, containers, previous, elapsed, timeout: health.waitTimeout })
    const stopped = endsWhenStopped
      ? [...new Set([...stoppedOf(judgement, containers), ...endedInOutage(beforeOutage, containers, services)])]
      : []
    lastSeen = containers
    beforeOutage = undefined
    if (stopped.length > 0) return { unhealthy: undefined, stopped, answer }
    if (judgement.verdict === 'unhealthy') return { unhealthy: judgement, answer }
    if (judgement.verdict === 'healthy' && previous !== undefined) return { unhealthy: undefined, answer }
    const waiting = judgement.services.filter(service => service.verdict === 'waiting').map(service => service.reason)
    const pause = judgement.verdict === 'healthy' ? stabilization(containers, health.stableFor) : LOOK_INTERVAL
    const text =
      waiting.join('; ') || `all healthy; inspecting again ${pause === 0 ? 'now' : `in ${formatDuration(pause)}`}`
    if (text !== reported) log.info(`  … ${text}`)
    reported = text
    // Only an inspection at which all were healthy counts as the first of the two.
    previous = judgement.verdict === 'healthy' ? containers : undefined
    if (pause > 0) await clock.sleep(pause, signal)
  }
}

/**
 * PURE. The time before the second inspection: a container may die soon after its start, also one whose healthcheck has passed once. The time
 * that it has run already counts. A time that was chosen counts from now.
 */
function stabilization(containers: readonly ContainerState[], chosen: number | undefined): number {
  if (chosen !== undefined) return chosen
  const running = serviceContainers(containers).filter(({ state }) => state === 'running')
  const ages = running.map(({ startedAt, seenAt }) => Math.max(0, seenAt - (startedAt ?? seenAt)))
  return Math.max(0, ...ages.map(age => STABLE_FOR - age))
}

/** The stopped containers of services that should run. */
function stoppedOf(judgement: Judgement, containers: readonly ContainerState[]): string[] {
  const down = new Set(judgement.services.filter(({ verdict }) => verdict !== 'healthy').map(({ service }) => service))
  return serviceContainers(containers)
    .filter(container => down.has(container.service) && isStopped(container))
    .map(({ name }) => name)
}

/**
 * PURE. The containers that ran before the engine did not respond, and have ended since without a new start. An engine that ends, and one that
 * comes back after it was killed, stops what runs. It starts nothing again whose policy is `no`, or is `on-failure` where the program ended
 * with 0: such a container looks like a job that has completed, or like a crash.
 */
function endedInOutage(
  before: readonly ContainerState[] | undefined,
  now: readonly ContainerState[],
  services: readonly Service[],
): string[] {
  const names = new Set(services.map(({ name }) => name))
  return serviceContainers(now)
    .filter(container => names.has(container.service) && container.state === 'exited')
    .filter(container => before?.some(each => each.state === 'running' && isSameRun(each, container)))
    .map(({ name }) => name)
}

/** The second look compares the files as well. Undefined while the engine does not respond: it may be restarting. */
async function inspect(
  release: Release,
  isSecond: boolean,
  mayWait: boolean,
  { program }: Project,
): Promise<VerifyAnswer | undefined> {
  try {
    if (isSecond) return await program.verify(release.id)
    const containers = await program.containers(release.project)
    return { containers, differences: [], hashes: new Map(), hashesError: '' }
  } catch (thrown) {
    if (thrown instanceof EngineDown && mayWait) return undefined
    throw thrown
  }
}

/** What differs from the record; undefined when nothing does. */
function inexactness(
  release: Release,
  services: readonly Service[],
  answer: VerifyAnswer,
  { log }: Pick<Context, 'log'>,
): string | undefined {
  const unreadable = answer.differences.filter(({ kind }) => kind === 'unreadable').map(({ path }) => path)
  if (unreadable.length > 0) {
    log.info(`  not compared, as the login user has no permission to read them: ${listed(unreadable)}`)
  }
  const files = certainDifferences(answer.differences)
  // Compose starts what a recorded service depends on: in a project that was adopted in part, that is not on record.
  const allowed = new Set(release.adopted ? services.map(({ name }) => name) : [])
  const differences = runningDifferences(
    release.services,
    answer.containers,
    answer.hashes,
    unpredictableOf(services),
  ).filter(({ kind, service }) => kind !== 'service' || !allowed.has(service))
  // `up` has just compared the configuration and succeeded: its own words differ from those of `config --hash` in some versions.
  const config = differences.filter(({ kind }) => kind === 'config')
  if (config.length > 0) log.warning(`${describeDifferences(config)}.`, 'Configuration hash differs')
  const containers = differences.filter(({ kind }) => kind !== 'config')
  const parts = [
    ...(containers.length === 0 ? [] : [describeDifferences(containers)]),
    ...(files.length === 0
      ? []
      : [`in the project directory: ${listed(files.map(({ kind, path }) => `${path} (${kind})`))}`]),
  ]
  return parts.length === 0 ? undefined : `it is not what was recorded: ${parts.join('; ')}`
}

/** Whether the release that is there runs and is the same in everything, in one look. */
export async function isUnchanged(
  release: Release,
  services: readonly Service[],
  { program }: Pick<Project, 'program'>,
): Promise<boolean> {
  const answer = await program.verify(release.id)
  const judgement = judge({ services, containers: answer.containers, elapsed: 0, timeout: 0 })
  return (
    judgement.verdict === 'healthy' &&
    certainDifferences(answer.differences).length === 0 &&
    runningDifferences(release.services, answer.containers, answer.hashes, unpredictableOf(services)).length === 0
  )
}

function unpredictableOf(services: readonly Service[]): ReadonlySet<string> {
  return new Set(services.filter(({ hasPredictableHash }) => !hasPredictableHash).map(({ name }) => name))
}

/** A healthcheck that fails is not always the service's fault. */
function hintOf({ services }: Judgement, containers: readonly ContainerState[]): string | undefined {
  const failed = services.filter(({ verdict }) => verdict === 'unhealthy').map(({ container }) => container)
  const isByHealthcheck = containers.some(({ name, health }) => failed.includes(name) && health === 'unhealthy')
  if (!isByHealthcheck) return undefined
  return 'Read the last log lines above, and deploy a fixed version. If the service only needs longer to start, give its `healthcheck` a `start_period`. If its image has a healthcheck that is not for this service (a worker, a job), write `healthcheck: { disable: true }`.'
}

function servicesOf({ services }: Judgement, ...verdicts: readonly Verdict[]): string[] {
  return services.filter(({ verdict }) => verdicts.includes(verdict)).map(({ service }) => service)
}

function reasonOf(judgement: Judgement): string {
  return judgement.services
    .filter(service => service.verdict === 'unhealthy')
    .map(service => service.reason)
    .join('\n')
}

/** The last log lines of every service that is not healthy; of all of them when each by itself seems healthy. */
async function evidenceOf(
  judgement: Judgement | undefined,
  all: readonly ContainerState[],
  { program }: Project,
): Promise<Evidence[]> {
  const failed = judgement === undefined ? [] : servicesOf(judgement, 'unhealthy', 'waiting')
  const containers = serviceContainers(all).filter(({ service }) => failed.length === 0 || failed.includes(service))
  // Evidence only: a verdict does not depend on it.
  const logs = await program
    .logs(
      LOG_LINES,
      containers.map(({ id }) => id),
    )
    .catch(thrown => {
      if (thrown instanceof LockLost) throw thrown
      return new Map<string, string[]>()
    })
  return containers.map(({ id, name, healthLog }) => {
    const lines = [...(logs.get(id) ?? []), ...healthLog.map(line => `healthcheck: ${line}`)]
    return { title: `Last log lines of ${name}`, lines: lines.length > 0 ? lines : ['(it wrote nothing)'] }
  })
}

/** One inspection after a start that failed: it shows which container is to blame. Without it the rollback goes on all the same. */
export async function evidenceAfterStart(
  release: Release,
  services: readonly Service[],
  project: Project,
): Promise<Pick<Trouble, 'evidence' | 'services'>> {
  try {
    const containers = await project.program.containers(release.project)
    const judgement = judge({ services: expectedOf(release, services), containers, elapsed: 0, timeout: 0 })
    const evidence = await evidenceOf(judgement, containers, project)
    return { evidence, services: servicesOf(judgement, 'unhealthy') }
  } catch (thrown) {
    if (thrown instanceof ConnectionLost || thrown instanceof LockLost) throw thrown
    return { evidence: [] }
  }
}

export async function probeUrl(
  url: HealthUrl | undefined,
  project: Project,
  context: Context,
  containers: readonly ContainerState[],
): Promise<Trouble | undefined> {
  if (url === undefined) return undefined
  const { name } = url
  let problem: string | undefined
  for (let attempt = 1; attempt <= url.attempts; attempt++) {
    problem = await context.probe(url, project.host)
    if (problem === undefined) return undefined
    context.log.info(`  … ${name}: ${problem} (attempt ${attempt} of ${url.attempts})`)
    if (attempt < url.attempts) await context.clock.sleep(url.interval, context.signal)
  }
  const attempts = url.attempts === 1 ? '1 attempt' : `${url.attempts} attempts`
  return {
    kind: 'url',
    reason: `${name} did not respond as expected in ${attempts}: ${problem}`,
    evidence: await evidenceOf(undefined, containers, project),
  }
}
