import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../flow/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (thrown) {
      // Node wraps the reason in an error of its own.
      signal?.throwIfAborted()
      throw thrown
    }
  },
}
