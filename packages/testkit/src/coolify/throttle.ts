import { type Answer, errorPage, message } from './answer.ts'

export interface Throttled {
  /** For every answer of this request. */
  readonly headers: Readonly<Record<string, string>>
  /** Set when the limit is passed. */
  readonly refusal?: Answer
}

/** Laravel's ThrottleRequests: so many requests from the first one until the window ends, by user and not by token. */
export class Throttle {
  readonly #limit: number
  readonly #windowMs: number
  readonly #windows = new Map<string, { hits: number; readonly ends: number }>()

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  take(key: string, now: number, expectsJson: boolean): Throttled {
    const old = this.#windows.get(key)
    const window = old && old.ends > now ? old : { hits: 0, ends: now + this.#windowMs }
    this.#windows.set(key, window)
    const limit = { 'x-ratelimit-limit': String(this.#limit) }
    if (window.hits >= this.#limit) {
      const headers = {
        ...limit,
        'x-ratelimit-remaining': '0',
        'retry-after': String(Math.ceil((window.ends - now) / 1_000)),
        'x-ratelimit-reset': String(Math.ceil(window.ends / 1_000)),
      }
      const refusal = expectsJson
        ? message(429, 'Too Many Attempts.', headers)
        : errorPage(429, 'Too Many Requests', headers)
      return { headers, refusal }
    }
    window.hits += 1
    return { headers: { ...limit, 'x-ratelimit-remaining': String(this.#limit - window.hits) } }
  }
}
