import type { CoolifyError } from './coolify-error.ts'

/** How long to wait for a Coolify that restarts, updates itself, or limits the rate of requests. Times are in milliseconds. */
export interface OutageRule {
  /** Between two requests of a call that failed. */
  readonly interval: number
  /** From the first failed request until the call fails permanently. */
  readonly tolerance: number
  readonly onPause?: (thrown: CoolifyError, pause: number) => void
}

/** A call that has failed so far. */
export interface FailedCall {
  readonly method: string
  /** Milliseconds since its first request. */
  readonly elapsed: number
  /** Coolify itself has responded in this run, so the address is right. */
  readonly isReached: boolean
}

/** Where Coolify limits the rate and names no time: its window is a minute. */
const UNNAMED = 10_000

/** Milliseconds until the call is sent again; undefined when it must not be, or when that cannot help. */
export function pauseBeforeRepeat(thrown: CoolifyError, call: FailedCall, rule: OutageRule): number | undefined {
  const { problem, retryAfter } = thrown
  const isPassing = problem === 'throttled' || thrown.isOutage || (problem === 'not-coolify' && call.isReached)
  // A request that changes something is sent again only when it was certainly not carried out. A PATCH sets the same each time.
  const isSafe = call.method !== 'POST' || thrown.isUntouched
  if (!isPassing || !isSafe) return undefined
  const pause = Math.max(rule.interval, retryAfter ?? (problem === 'throttled' ? UNNAMED : 0))
  return call.elapsed + pause > rule.tolerance ? undefined : pause
}
