import { type Answer, json, refusal } from './answer.ts'

export type FaultKind =
  /** The secondary limit, with `retryAfter` or without. */
  | 'secondary-limit'
  /** 429 with words that name no limit. */
  | 'too-many'
  | '500'
  | '502-html'
  | '503'
  | 'empty-200'
  | 'truncated-json'
  /** The connection is broken before the answer. */
  | 'reset'
  /** The connection is broken in the middle of the body. */
  | 'reset-in-body'
  /** Takes the request and never answers. */
  | 'hang'
  /** To the same call by the repository's number, as after it was renamed. */
  | 'moved'
  /** 410: the version of the API is gone. */
  | 'gone'

export interface Fault {
  readonly kind: FaultKind
  /** A part of the path; all requests unless given. */
  readonly path?: string
  /** How many requests meet it; one unless given. */
  readonly times?: number
  /** Every request before this time meets it, in place of `times`. Milliseconds since the epoch. */
  readonly until?: number
  /** Seconds. */
  readonly retryAfter?: number
  /** Of a secondary limit: 403 unless given. */
  readonly status?: 403 | 429
}

const SECONDARY =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, please include the request ID.'

/** The answer of a fault that gives one of its own. */
export function faultAnswer({ kind, retryAfter, status }: Fault, moved: string): Answer | undefined {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  switch (kind) {
    case 'secondary-limit':
      return refusal(status ?? 403, SECONDARY, headers)
    case 'too-many':
      return refusal(429, 'Slow down', headers)
    case '500':
      return json(500, { message: 'Server Error' }, headers)
    case '503':
      return json(503, { message: 'Service unavailable' }, headers)
    case '502-html':
      return {
        status: 502,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1>nginx</body></html>',
      }
    case 'empty-200':
      return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: '' }
    case 'moved':
      return json(301, { message: 'Moved Permanently', url: moved }, { location: moved })
    case 'gone':
      return refusal(410, 'This version of the API is no longer supported')
    default:
      return undefined
  }
}

/** The faults that wait for their requests. */
export class Faults {
  readonly #waiting: { readonly fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 })
  }

  take(path: string, now: number): Fault | undefined {
    const found = this.#waiting.find(
      ({ fault, left }) =>
        (fault.until === undefined ? left > 0 : now < fault.until) && path.includes(fault.path ?? ''),
    )
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault
  }
}
