import type { Clock } from '@deploy-actions/core/flow/clock'

/** A clock on which a sleep takes no time but moves the hands; remembers every sleep. */
export class ManualClock implements Clock {
  readonly sleeps: number[] = []
  #now: number

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.sleeps.push(ms)
    this.#now += ms
  }
}
