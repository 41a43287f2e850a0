import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Retry } from '../check.ts'
import { pauseAfter, type TryEnd } from './pause.ts'

/** What one attempt may take. */
export interface TryLimits {
  /** From 1. */
  readonly number: number
  /** Milliseconds for the try itself. */
  readonly timeout: number
  /** Milliseconds until the deadline; what a attempt needs before it can begin must be done by then. */
  readonly left: number
  readonly signal: AbortSignal
}

export interface Tries<T> {
  /** In their order. */
  readonly tries: readonly T[]
  readonly ended: 'passed' | 'fatal' | 'attempts' | 'deadline' | 'aborted'
  /** Good tries in a row at the end. */
  readonly streak: number
}

export interface LoopOptions {
  readonly retry: Retry
  /** Milliseconds for one whole try. */
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
 * Tries until enough good ones came in a row, something fatal was seen, or attempts or time are used up. `attempt` keeps to its
 * limits of time by itself. What the signal ends is told with all that was seen until then.
 */
export async function tryUntil<T extends TryEnd>(
  attempt: (limits: TryLimits) => Promise<T>,
  { retry, timeout, clock, random, end, signal, onPause }: LoopOptions,
): Promise<Tries<T>> {
  const { attempts, successThreshold } = retry
  const deadline = Math.min(clock.now() + retry.deadline, end)
  const tries: T[] = []
  let streak = 0
  const ended = (how: Tries<T>['ended']): Tries<T> => ({ tries, ended: how, streak })
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
      tries.push(seen)
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
