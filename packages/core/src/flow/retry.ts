import type { Clock } from './clock.ts'

export interface RetryOptions {
  /** All tries, the first one too. */
  readonly attempts: number
  /** Milliseconds before the second try; doubled before each further one. */
  readonly firstDelay: number
  /** Milliseconds that a pause never exceeds. */
  readonly longestDelay: number
  /** False ends the tries at once: trying a wrong password again only locks the account. */
  readonly isWorthRetrying: (thrown: unknown) => boolean
  readonly onRetry?: (thrown: unknown, attempt: number, delay: number) => void
  readonly signal?: AbortSignal
}

/** Runs `attempt` until it succeeds, its error is not worth a retry, or the attempts are used up; then throws its last error. */
export async function retry<T>(
  attempt: (number: number) => Promise<T>,
  options: RetryOptions,
  clock: Clock,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (thrown) {
      if (number >= options.attempts || !options.isWorthRetrying(thrown)) throw thrown
      const delay = Math.min(options.firstDelay * 2 ** (number - 1), options.longestDelay)
      options.onRetry?.(thrown, number, delay)
      await clock.sleep(delay, options.signal)
    }
  }
}
