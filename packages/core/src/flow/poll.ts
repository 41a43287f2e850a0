import type { Clock } from './clock.ts'

export interface PollOptions {
  /** Milliseconds between the end of one look and the start of the next. */
  readonly interval: number
  /** Milliseconds from the first look after which no further one starts. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

/** Looks until `done` accepts what was seen or the time is up; returns what was seen last, and whether it was accepted. */
export async function pollUntil<T>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  options: PollOptions,
  clock: Clock,
): Promise<{ readonly seen: T; readonly accepted: boolean }> {
  const deadline = clock.now() + options.timeout
  for (;;) {
    const seen = await look()
    if (done(seen)) return { seen, accepted: true }
    const left = deadline - clock.now()
    if (left <= 0) return { seen, accepted: false }
    await clock.sleep(Math.min(options.interval, left), options.signal)
  }
}
