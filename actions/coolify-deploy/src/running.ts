import type { Resource } from '@deploy-actions/core/coolify/resource'

/** One look at a resource. Times are milliseconds since the epoch. */
export interface Look {
  readonly status: string
  /** When Coolify saw that status; undefined where it does not say. */
  readonly seenAt: number | undefined
  readonly at: number
}

export interface Watch {
  /** By Coolify's clock; undefined where there is no deployment. */
  readonly finishedAt: number | undefined
  readonly begunAt: number
  /** The first of the looks, without a bad one between, at which it ran. */
  readonly wellSince: number | undefined
  readonly settle: number
  readonly timeout: number
}

export interface Judgement {
  readonly verdict: 'well' | 'waiting' | 'sick'
  /** Reads on after the name of the resource. */
  readonly reason: string
}

/** How long a status may be older than the deployment: Coolify looks at its containers about once a minute. */
const STALE = 90_000
/** The end is written down after the look that it starts, and after the post-deployment command. */
const WRITTEN_LATE = 5_000

/**
 * Whether a resource truly runs. Coolify's `finished` is no health, and its status lags: it may still be that of the container
 * before. So it has to be well at two looks that are `settle` apart, and to have been seen since the deployment, where Coolify says
 * when it looked.
 */
export function judgeRunning({ status, seenAt, at }: Look, watch: Watch): Judgement {
  const isLate = at - watch.begunAt >= watch.timeout
  if (!isRunning(status)) {
    return isLate
      ? { verdict: 'sick', reason: `is "${status}" in Coolify, not running and healthy` }
      : { verdict: 'waiting', reason: `is ${status}` }
  }
  const since = watch.wellSince ?? at
  if (at - since < watch.settle) return { verdict: 'waiting', reason: `is ${status}; looking again to be sure` }
  const isStale = seenAt !== undefined && watch.finishedAt !== undefined && seenAt + WRITTEN_LATE < watch.finishedAt
  if (isStale && !isLate && at - watch.begunAt < STALE) {
    return { verdict: 'waiting', reason: `was ${status} before the deployment; Coolify has not looked since` }
  }
  return { verdict: 'well', reason: `is ${status}` }
}

/** `running:healthy`, `running:unknown` without a health check, and one whose health Coolify was told to leave out. */
export function isRunning(status: string): boolean {
  return status.startsWith('running') && (!status.includes('unhealthy') || status.endsWith(':excluded'))
}

/** A sentence where Coolify cannot know whether it is healthy. */
export function doubtOf({ status, name }: Pick<Resource, 'status' | 'name'>): string | undefined {
  return /^running:unknown|^running$/.test(status)
    ? `Coolify has no health check for ${name} ("${status}"), so "running" says only that its container is there. Switch one on in Coolify, or set \`health-url\`.`
    : undefined
}
