import type { Clock } from '@deploy-actions/core/flow/clock'

interface Scheduled {
  readonly at: number
  readonly work: () => void
}

/** A clock on which a sleep takes no time but moves the hands; remembers every sleep. */
export class ManualClock implements Clock {
  readonly sleeps: number[] = []
  #scheduled: Scheduled[] = []
  #now: number

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** Moves the hands, and does on the way what is scheduled until then. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#scheduled.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#scheduled = this.#scheduled.filter(other => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.work()
    }
    this.#now = end
  }

  /** Does the work once the hands have moved so many milliseconds. */
  after(ms: number, work: () => void): void {
    this.#scheduled.push({ at: this.#now + ms, work })
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.sleeps.push(ms)
    this.advance(ms)
    signal?.throwIfAborted()
  }
}
