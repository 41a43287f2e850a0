import type { Clock } from '../flow/clock.ts'
import type { Bar } from '../report/gantt.ts'
import { formatDuration } from '../values/duration.ts'
import type { Log } from './log.ts'

/** Its times are milliseconds since the epoch. */
export type Phase = Bar

/** Runs the phases of a deploy, tells each, and remembers how long it took. */
export class Timeline {
  readonly phases: Phase[] = []
  readonly #clock: Clock
  readonly #log: Log

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** A phase that throws was bad; one that only gives something bad is told by `isGood`. */
  async phase<T>(name: string, work: () => Promise<T>, isGood: (result: T) => boolean = () => true): Promise<T> {
    const start = this.#clock.now()
    this.#log.info(`▸ ${name}`)
    let ok = false
    try {
      const result = await work()
      ok = isGood(result)
      return result
    } finally {
      const end = this.#clock.now()
      this.phases.push({ name, start, end, ok })
      this.#log.info(`  ${ok ? '✓' : '✗'} ${name}, ${formatDuration(end - start)}`)
    }
  }
}
