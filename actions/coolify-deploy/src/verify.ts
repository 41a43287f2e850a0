import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { isApplication, type Resource, runsImage } from '@deploy-actions/core/coolify/resource'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { count } from '@deploy-actions/core/values/count'
import { pollPause } from './follow.ts'
import type { Health, Inputs } from './inputs.ts'
import { isPreview, type Step } from './plan.ts'
import { doubtOf, isRunning, judgeRunning } from './running.ts'
import type { World } from './world.ts'

/**
 * Compares what is set in Coolify after a deployment with what the step set: a version that somebody else has set meanwhile may be the
 * one that was deployed, as the tag is read when the deployment starts. Undefined when all is as it was set.
 */
export async function whatElse(
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
  // The tag of a preview belongs to its deployment alone.
  if (isPreview(step)) return undefined
  const tag = (await coolify.application(resource.uuid))?.image?.tag
  return tag === step.version ? undefined : `tag ${tag ?? 'none'}`
}

/** Looks at a resource until it truly runs; undefined then, else what is wrong, which reads on after its name. */
export async function waitUntilRunning(
  resource: Resource,
  finishedAt: number | undefined,
  { timeout, settle }: Pick<Health, 'timeout' | 'settle'>,
  inputs: Inputs,
  world: World,
): Promise<string | undefined> {
  const { clock, log, signal, coolify } = world
  const start = clock.now()
  // The time in which Coolify did not respond is not the resource's.
  let waited = 0
  let wellSince: number | undefined
  let told = ''
  for (;;) {
    const sentAt = clock.now()
    const seen = await coolify.look(resource)
    if (seen === undefined) return 'is gone from Coolify'
    const at = clock.now()
    waited += at - sentAt
    const begunAt = start + waited
    wellSince = isRunning(seen.status) ? (wellSince ?? at) : undefined
    const watch = { finishedAt, begunAt, wellSince, settle, timeout }
    const { verdict, reason } = judgeRunning({ status: seen.status, seenAt: seen.seenAt, at }, watch)
    if (reason !== told) log.info(`  ${resource.name} ${reason}`)
    told = reason
    if (verdict === 'sick') return reason
    if (verdict === 'well') {
      const doubt = doubtOf(seen)
      if (doubt) log.notice(doubt)
      return undefined
    }
    await clock.sleep(pollPause(inputs, at - start), signal)
  }
}

/** Where a resource is asked whether it is well: a path at its own domain, where it has one. */
export function ownUrls(urls: readonly string[], { domains }: Resource): URL[] {
  const [domain] = domains
  if (domain === undefined) return []
  return urls.filter(isPath).flatMap(path => URL.parse(path, domain) ?? [])
}

/** The whole URLs, which are of the run and not of one resource. */
export function sharedUrls(urls: readonly string[]): URL[] {
  return urls.filter(url => !isPath(url)).flatMap(url => URL.parse(url) ?? [])
}

export function isPath(url: string): boolean {
  return url.startsWith('/')
}

/** A URL to hand on: without the user and the password that it is asked with. */
export function withoutLogin(url: URL | undefined): string | undefined {
  if (url === undefined) return undefined
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare.href
}

/**
 * Requests the URLs until each has responded well; where they alone decide, once more after `settle`, to find what dies soon after
 * its start.
 */
export async function checkUrls(urls: readonly URL[], health: Health, world: World): Promise<Probes> {
  const first = await probeAll(urls, health, world)
  if (health.by !== 'url' || first.trouble !== undefined || urls.length === 0) return first
  await world.clock.sleep(health.settle, world.signal)
  return probeAll(urls, health, world)
}

export interface Probes {
  /** What was wrong; undefined when each has responded 2xx once. */
  readonly trouble: string | undefined
  readonly pages: readonly string[]
}

/** Requests the URLs until each has responded 2xx once. */
export async function probeAll(
  urls: readonly URL[],
  { tries, interval }: Pick<Health, 'tries' | 'interval'>,
  world: World,
): Promise<Probes> {
  const { clock, log, signal } = world
  const pages: string[] = []
  for (const url of urls) {
    const shown = printableUrl(url)
    let told = ''
    for (let attempt = 1; ; attempt++) {
      const probed = await world.probe(url)
      if (probed.ok) {
        pages.push(probed.text)
        break
      }
      const { reason } = probed
      if (reason !== told) log.info(`  ${shown} ${reason}`)
      told = reason
      if (attempt >= tries) {
        return { trouble: `${shown} ${reason} (${count(tries, 'attempt')})`, pages }
      }
      await clock.sleep(interval, signal)
    }
    log.info(`  ${shown} responded 2xx`)
  }
  return { trouble: undefined, pages }
}
