import { formatDuration } from '../values/duration.ts'
import { type Circumstances, type Condition, conditionOf, isCrashLooping, readySince } from './condition.ts'
import type { Service } from './config.ts'
import type { ContainerState } from './containers.ts'

export type Verdict = 'healthy' | 'waiting' | 'unhealthy'

export interface ServiceVerdict {
  readonly service: string
  readonly verdict: Verdict
  /** A sentence, without a full stop, that begins with the service's name. */
  readonly reason: string
  /** Name of the container that the reason is about. */
  readonly container?: string
}

export interface Judgement {
  /** The worst of the services'. */
  readonly verdict: Verdict
  readonly services: readonly ServiceVerdict[]
}

export interface Look {
  readonly services: readonly Service[]
  /** All containers of the project. */
  readonly containers: readonly ContainerState[]
  /** The containers at an earlier look at which all was well: then only what has not been restarted since is healthy. */
  readonly previous?: readonly ContainerState[] | undefined
  /** Milliseconds since the waiting began. */
  readonly elapsed: number
  /** Milliseconds after which whatever is not healthy is unhealthy. */
  readonly timeout: number
}

/**
 * Whether every service that should run does, with every one of its containers: running, healthy where there is a
 * healthcheck, not in a crash loop. Compose's own word is no proof: it stops looking at the first container that has no
 * healthcheck, and takes a crash loop for a running service.
 */
export function judge(look: Look): Judgement {
  const services = look.services.filter(isExpected)
  const verdicts = services.map(service => judgeService(service, look))
  const has = (verdict: Verdict) => verdicts.some(service => service.verdict === verdict)
  return { verdict: has('unhealthy') ? 'unhealthy' : has('waiting') ? 'waiting' : 'healthy', services: verdicts }
}

/** Whether a service must run. One with profiles as well: Compose leaves the services of inactive profiles out of its configuration. */
export function isExpected({ replicas, xDeploy }: Service): boolean {
  return replicas > 0 && xDeploy.required !== false
}

function isAlive(state: ContainerState['state']): boolean {
  return state === 'running' || state === 'restarting'
}

function containersOf(service: string, containers: readonly ContainerState[]): ContainerState[] {
  return containers.filter(container => container.service === service && !container.oneoff)
}

interface Finding {
  readonly container: ContainerState
  readonly condition: Condition
}

function judgeService(service: Service, look: Look): ServiceVerdict {
  const findings = containersOf(service.name, look.containers).map(container => ({
    container,
    condition: conditionOf(container, circumstancesOf(container, service, look)),
  }))
  const of = (...kinds: Condition['kind'][]) => findings.filter(({ condition }) => kinds.includes(condition.kind))
  const [unhealthy] = of('unhealthy')
  if (unhealthy) return verdictOn(service, 'unhealthy', unhealthy)
  const good = of('healthy', 'done')
  const [unready] = of('unready')
  if (unready === undefined && good.length >= service.replicas) return healthy(service, good)
  const limit = Math.min(service.xDeploy.readyWithin ?? look.timeout, look.timeout)
  if (look.elapsed < limit) {
    return unready ? verdictOn(service, 'waiting', unready) : missing(service, 'waiting', good.length)
  }
  const within = look.elapsed === 0 ? '' : ` (after ${formatDuration(look.elapsed)})`
  return unready ? verdictOn(service, 'unhealthy', unready, within) : missing(service, 'unhealthy', good.length, within)
}

function verdictOn(service: Service, verdict: Verdict, { container, condition }: Finding, end = ''): ServiceVerdict {
  const text = (verdict === 'unhealthy' && condition.kind === 'unready' && condition.late) || condition.text
  const reason = `${service.name}: container ${container.name} ${text}${end}`
  return { service: service.name, verdict, reason, container: container.name }
}

function healthy(service: Service, good: readonly Finding[]): ServiceVerdict {
  const texts = [...new Set(good.map(({ condition }) => condition.text))].join(', ')
  const count = good.length > 1 ? `${good.length} containers ` : ''
  return { service: service.name, verdict: 'healthy', reason: `${service.name}: ${count}${texts}` }
}

function missing(service: Service, verdict: Verdict, good: number, end = ''): ServiceVerdict {
  const text = service.replicas === 1 ? 'has no container' : `has ${good} of ${service.replicas} containers`
  return { service: service.name, verdict, reason: `${service.name}: ${text}${end}` }
}

function circumstancesOf(container: ContainerState, service: Service, look: Look): Circumstances {
  const waiters = look.services.flatMap(other => other.dependsOn.filter(({ service: name }) => name === service.name))
  const isAwaited = (condition: string) => waiters.some(waiter => waiter.condition === condition)
  const mustEnd = isAwaited('service_completed_successfully')
  // A healthcheck of the image is made for a server: it says nothing of a job that is started from the same image. One that others
  // waited for until it was healthy has been healthy when it ends.
  const isInherited = container.health !== undefined && !service.hasHealthcheck
  const isJob = service.isJob && service.ports.length === 0
  // Elastic's compose file has such a service, for its certificates, without any restart policy.
  const wasAwaited = service.hasHealthcheck && isAwaited('service_healthy') && (isJob || service.restart === 'no')
  const staysByNature =
    service.ports.length > 0 || (!wasAwaited && (isJob ? service.hasHealthcheck : container.health !== undefined))
  return {
    mustEnd,
    mayEnd: mustEnd || !staysByNature,
    mayIgnoreHealth: isJob && isInherited,
    othersReadySince: othersReadySince(service, look.containers),
    isSameRun: look.previous === undefined || look.previous.some(before => isSameRun(before, container)),
  }
}

/** Whether a container has not been started again since an earlier look. */
export function isSameRun(before: ContainerState, now: ContainerState): boolean {
  return before.id === now.id && before.restartCount === now.restartCount && before.startedAt === now.startedAt
}

/**
 * When the last of the other services was ready. What is in a crash loop or unhealthy itself is nothing to wait for, nor is
 * what has not been started: that waits, in turn, for this one.
 */
function othersReadySince(service: Service, containers: readonly ContainerState[]): number | undefined {
  const others = containers.filter(container => container.service !== service.name && mayBecomeReady(container))
  let latest = 0
  for (const other of others) {
    const since = readySince(other)
    if (since === undefined) return undefined
    latest = Math.max(latest, since)
  }
  return latest
}

function mayBecomeReady(container: ContainerState): boolean {
  return isAlive(container.state) && !isCrashLooping(container) && container.health !== 'unhealthy'
}
