import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@deploy-actions/core/flow/clock'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/**
 * A clock for what goes on side by side: its hands move only when everybody sleeps, to the moment at which the first one wakes.
 * `run` fails when somebody waits for what can never come.
 */
export class VirtualClock implements Clock {
  #now: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const sleeper = { until: this.#now + ms, wake }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.add(sleeper)
    })
  }

  /** Moves the hands until the work is done, and gives its result. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const end = () => {
      isDone = true
    }
    work.then(end, end)
    for (;;) {
      // A turn of the event loop lets everything run that needs no time.
      await turn()
      if (isDone) return work
      const next = [...this.#sleepers].sort((a, b) => a.until - b.until)[0]
      if (!next) throw new Error('Somebody waits, and nobody sleeps: the work would hang.')
      this.#now = Math.max(this.#now, next.until)
      this.#sleepers.delete(next)
      next.wake()
    }
  }
}
