import type { Retry } from '../check.ts'

/** How an attempt went, as far as the next one depends on it. */
export interface AttemptEnd {
  readonly ok: boolean
  /** Further attempts would change nothing. */
  readonly isFatal: boolean
  /** Milliseconds that the other side asks to wait, as by Retry-After. */
  readonly asksFor?: number | undefined
}

/**
 * Milliseconds between an attempt and the next one. A growing pause is for what fails; good attempts are repeated at the plain interval.
 * `left` are the milliseconds until the deadline: what the other side asks for is obeyed when it fits in there.
 */
export function pauseAfter(
  { ok, asksFor }: AttemptEnd,
  number: number,
  retry: Pick<Retry, 'interval' | 'backoff' | 'maxInterval' | 'jitter'>,
  left: number,
  random: () => number,
): number {
  const { interval, backoff, maxInterval, jitter } = retry
  // After hundreds of attempts the factor would be infinite, and 0 times infinity is not a number.
  const factor = ok ? 1 : Math.min(backoff ** (number - 1), Number.MAX_VALUE)
  const grown = interval * factor
  // Cut after the jitter too, so that the limit is one.
  const varied = Math.min(grown, maxInterval) * (1 + jitter * (2 * random() - 1))
  const own = Math.min(varied, maxInterval)
  return !ok && asksFor !== undefined && asksFor > own && asksFor < left ? asksFor : own
}
