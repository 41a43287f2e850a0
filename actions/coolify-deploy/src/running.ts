import type { Resource } from '@deploy-actions/core/coolify/resource'

/** One status of a resource. Times are milliseconds since the epoch. */
export interface Observation {
  readonly status: string
  /** When Coolify observed that status; undefined where it does not report it. */
  readonly seenAt: number | undefined
  readonly at: number
}

export interface Watch {
  /** According to Coolify's clock; undefined without a deployment. */
  readonly finishedAt: number | undefined
  readonly startedAt: number
  /** Start of the uninterrupted time in which it was observed as running. */
  readonly healthySince: number | undefined
  readonly stableFor: number
  readonly timeout: number
}

export interface Judgement {
  readonly verdict: 'healthy' | 'waiting' | 'unhealthy'
  /** Continues the name of the resource. */
  readonly reason: string
}

/** Longest wait for a status that is newer than the deployment: Coolify checks its containers about once a minute. */
const STALE = 90_000
/** Coolify stores the end of a deployment after the check that it triggers, and after the post-deployment command. */
const WRITTEN_LATE = 5_000

/**
 * Whether a resource is really running. `finished` does not mean healthy, and Coolify's status lags: it can still be the status of the
 * previous container. So it must be running at two observations that are `stable-for` apart, and Coolify must have checked it since the
 * deployment, where it reports that time.
 */
export function judgeRunning({ status, seenAt, at }: Observation, watch: Watch): Judgement {
  const isLate = at - watch.startedAt >= watch.timeout
  if (!isRunning(status)) {
    return isLate
      ? { verdict: 'unhealthy', reason: `is "${status}" in Coolify, not running and healthy` }
      : { verdict: 'waiting', reason: `is ${status}` }
  }
  const since = watch.healthySince ?? at
  if (at - since < watch.stableFor) return { verdict: 'waiting', reason: `is ${status}; checking that it stays so` }
  const isStale = seenAt !== undefined && watch.finishedAt !== undefined && seenAt + WRITTEN_LATE < watch.finishedAt
  if (isStale && !isLate && at - watch.startedAt < STALE) {
    return { verdict: 'waiting', reason: `was ${status} before the deployment; Coolify has not checked it since` }
  }
  return { verdict: 'healthy', reason: `is ${status}` }
}

/** `running:healthy`, `running:unknown` without a health check, and resources that are excluded from health checks. */
export function isRunning(status: string): boolean {
  return status.startsWith('running') && (!status.includes('unhealthy') || status.endsWith(':excluded'))
}

/** A sentence when Coolify cannot know whether it is healthy. */
export function missingHealthCheck({ status, name }: Pick<Resource, 'status' | 'name'>): string | undefined {
  return /^running:unknown|^running$/.test(status)
    ? `Coolify has no health check for ${name} ("${status}"), so "running" means only that its container exists. Enable a health check in Coolify, or set \`health-url\`.`
    : undefined
}
