import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { isApplication, type Resource, runsImage } from '@deploy-actions/core/coolify/resource'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { count } from '@deploy-actions/core/values/count'
import type { Health, Inputs } from './inputs.ts'
import { isPreview, type Step } from './plan.ts'
import { isRunning, judgeRunning, missingHealthCheck } from './running.ts'
import { pollPause } from './watch-deployment.ts'
import type { World } from './world.ts'

/**
 * Compares the setting in Coolify after a deployment with the step's: the tag is read when the deployment starts, so a version that
 * somebody else has set in the meantime can be the deployed one. Undefined when the setting is unchanged.
 */
export async function supersededBy(
  step: Step,
  resource: Resource,
  deployment: Deployment,
  { coolify }: World,
): Promise<string | undefined> {
  if (step.version === undefined || !isApplication(resource)) return undefined
  if (!runsImage(resource)) {
    return deployment.commit === undefined || deployment.commit === step.version
      ? undefined
      : `commit ${shortSha(deployment.commit)}`
  }
  // A preview's tag is stored in its deployment only.
  if (isPreview(step)) return undefined
  const tag = (await coolify.application(resource.uuid))?.image?.tag
  return tag === step.version ? undefined : `tag ${tag ?? 'none'}`
}

/** Polls a resource until it is really running; returns undefined then, otherwise the reason, which continues its name. */
export async function waitUntilRunning(
  resource: Resource,
  finishedAt: number | undefined,
  { timeout, stableFor }: Pick<Health, 'timeout' | 'stableFor'>,
  inputs: Inputs,
  world: World,
): Promise<string | undefined> {
  const { clock, log, signal, coolify } = world
  const start = clock.now()
  // The time in which Coolify did not respond does not count.
  let waited = 0
  let healthySince: number | undefined
  let reported = ''
  for (;;) {
    const sentAt = clock.now()
    const seen = await coolify.look(resource)
    if (seen === undefined) return 'no longer exists in Coolify'
    const at = clock.now()
    waited += at - sentAt
    const startedAt = start + waited
    healthySince = isRunning(seen.status) ? (healthySince ?? at) : undefined
    const watch = { finishedAt, startedAt, healthySince, stableFor, timeout }
    const { verdict, reason } = judgeRunning({ status: seen.status, seenAt: seen.seenAt, at }, watch)
    if (reason !== reported) log.info(`  ${resource.name} ${reason}`)
    reported = reason
    if (verdict === 'unhealthy') return reason
    if (verdict === 'healthy') {
      const doubt = missingHealthCheck(seen)
      if (doubt) log.notice(doubt)
      return undefined
    }
    await clock.sleep(pollPause(inputs, at - start), signal)
  }
}

/** Health URLs of one resource: paths, resolved against its domain if it has one. */
export function ownUrls(urls: readonly string[], { domains }: Resource): URL[] {
  const [domain] = domains
  if (domain === undefined) return []
  return urls.filter(isPath).flatMap(path => URL.parse(path, domain) ?? [])
}

/** Complete URLs, which belong to the run and not to one resource. */
export function sharedUrls(urls: readonly string[]): URL[] {
  return urls.filter(url => !isPath(url)).flatMap(url => URL.parse(url) ?? [])
}

export function isPath(url: string): boolean {
  return url.startsWith('/')
}

/** A URL for outputs: without its user and password. */
export function withoutLogin(url: URL | undefined): string | undefined {
  if (url === undefined) return undefined
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare.href
}

/**
 * Requests the URLs until each has returned 2xx; where they alone decide, once more after `stable-for`, to find containers that crash
 * shortly after their start.
 */
export async function checkUrls(urls: readonly URL[], health: Health, world: World): Promise<Probes> {
  const first = await probeAll(urls, health, world)
  if (health.by !== 'url' || first.problem !== undefined || urls.length === 0) return first
  await world.clock.sleep(health.stableFor, world.signal)
  return probeAll(urls, health, world)
}

export interface Probes {
  /** The failure; undefined when each URL has returned 2xx once. */
  readonly problem: string | undefined
  readonly pages: readonly string[]
}

/** Requests the URLs until each has returned 2xx once. */
export async function probeAll(
  urls: readonly URL[],
  { attempts, interval }: Pick<Health, 'attempts' | 'interval'>,
  world: World,
): Promise<Probes> {
  const { clock, log, signal } = world
  const pages: string[] = []
  for (const url of urls) {
    const shown = printableUrl(url)
    let reported = ''
    for (let attempt = 1; ; attempt++) {
      const probed = await world.probe(url)
      if (probed.ok) {
        pages.push(probed.text)
        break
      }
      const { reason } = probed
      if (reason !== reported) log.info(`  ${shown} ${reason}`)
      reported = reason
      if (attempt >= attempts) {
        return { problem: `${shown} ${reason} (${count(attempts, 'attempt')})`, pages }
      }
      await clock.sleep(interval, signal)
    }
    log.info(`  ${shown} returned 2xx`)
  }
  return { problem: undefined, pages }
}
