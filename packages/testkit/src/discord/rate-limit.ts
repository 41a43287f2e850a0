/** A bucket of Discord: so many requests in a window; POST, PATCH and DELETE of one webhook share it. */
export class RateLimit {
  readonly limit: number
  readonly window: number
  #used = 0
  #resetsAt = 0

  constructor(limit: number, window: number) {
    this.limit = limit
    this.window = window
  }

  /** Takes one; returns the headers that tell what is left, and the seconds to wait when none was. */
  take(now: number): { readonly headers: Record<string, string>; readonly retryAfter?: number } {
    if (now >= this.#resetsAt) {
      this.#used = 0
      this.#resetsAt = now + this.window
    }
    const left = (this.#resetsAt - now) / 1_000
    const exceeded = this.#used >= this.limit
    if (!exceeded) this.#used += 1
    const headers = {
      'x-ratelimit-limit': String(this.limit),
      'x-ratelimit-remaining': String(this.limit - this.#used),
      'x-ratelimit-reset': String((this.#resetsAt / 1_000).toFixed(3)),
      'x-ratelimit-reset-after': left.toFixed(3),
      'x-ratelimit-bucket': 'fake-webhook-bucket',
    }
    return exceeded ? { headers, retryAfter: left } : { headers }
  }
}
