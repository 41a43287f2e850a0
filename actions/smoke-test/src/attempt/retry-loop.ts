import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Retry } from '../check.ts'
import { type AttemptEnd, pauseAfter } from './pause.ts'

/** What one attempt may take. */
export interface AttemptLimits {
  /** From 1. */
  readonly number: number
  /** Milliseconds for the attempt itself. */
  readonly timeout: number
  /** Milliseconds until the deadline; what an attempt needs before it can begin must be done by then. */
  readonly left: number
  readonly signal: AbortSignal
}

export interface Attempts<T> {
  /** In their order. */
  readonly attempts: readonly T[]
  readonly ended: 'passed' | 'fatal' | 'attempts' | 'deadline' | 'aborted'
  /** Good attempts in a row at the end. */
  readonly streak: number
}

export interface LoopOptions {
  readonly retry: Retry
  /** Milliseconds for one whole attempt. */
  readonly timeout: number
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  /** The moment, by the clock, at which the whole run must be over. */
  readonly end: number
  readonly signal: AbortSignal
  readonly onPause?: (ms: number) => void
}

/**
 * Makes attempts until enough good ones came in a row, something fatal was seen, or attempts or time are used up. `attempt` keeps to its
 * limits of time by itself. What the signal ends is told with all that was seen until then.
 */
export async function attemptUntil<T extends AttemptEnd>(
  attempt: (limits: AttemptLimits) => Promise<T>,
  { retry, timeout, clock, random, end, signal, onPause }: LoopOptions,
): Promise<Attempts<T>> {
  const { attempts, successThreshold } = retry
  const deadline = Math.min(clock.now() + retry.deadline, end)
  const made: T[] = []
  let streak = 0
  const ended = (how: Attempts<T>['ended']): Attempts<T> => ({ attempts: made, ended: how, streak })
  try {
    let pause = retry.initialDelay
    for (let number = 1; ; number++) {
      if (clock.now() + pause >= deadline) return ended('deadline')
      if (number > 1) onPause?.(pause)
      if (pause > 0) await clock.sleep(pause, signal)
      signal.throwIfAborted()
      const left = deadline - clock.now()
      if (left <= 0) return ended('deadline')
      const seen = await attempt({ number, timeout: Math.min(timeout, left), left, signal })
      made.push(seen)
      streak = seen.ok ? streak + 1 : 0
      if (streak >= successThreshold) return ended('passed')
      if (seen.isFatal) return ended('fatal')
      // Not one more than can still lead to enough good ones.
      if (attempts - number < successThreshold - streak) return ended('attempts')
      pause = pauseAfter(seen, number, retry, deadline - clock.now(), random)
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    return ended('aborted')
  }
}
