import { type Answer, errorPage, html, json } from './answer.ts'

export type FaultKind =
  /** The connection is broken before anything is done. */
  | 'reset'
  /** The work is done, then the connection is broken: the caller cannot know. */
  | 'reset-after-commit'
  /** Takes the request and never answers. */
  | 'hang'
  /** Waits, then does its work. */
  | 'slow'
  | '500-json'
  | '500-html'
  | '502-html'
  | '503-html'
  /** Cloudflare's "Just a moment". */
  | 'cf-challenge'
  /** A login page in front of Coolify. */
  | '200-html'
  /** The work is done, half of the answer arrives. */
  | 'truncated-json'
  | 'empty-200'
  /** As a proxy sends http to https. */
  | '301'

export interface Fault {
  readonly kind: FaultKind
  /** Below `/api/v1`; all requests unless given. */
  readonly path?: string | RegExp
  readonly method?: string
  /** How many requests meet it; one unless given. */
  readonly times?: number
  /** Every request before this time meets it, in place of `times`. Milliseconds since the epoch. */
  readonly until?: number
  /** Seconds in the header Retry-After. */
  readonly retryAfter?: number
  /** Milliseconds of `slow`. */
  readonly ms?: number
  /** Where `301` leads; to https on the same host unless given. */
  readonly location?: string
}

/** What a fault answers by itself, if it is one that does. */
export function faultAnswer(fault: Fault, host: string, path: string): Answer | undefined {
  const answer = answerOf(fault, host, path)
  if (answer === undefined || fault.retryAfter === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfter) } }
}

function answerOf(fault: Fault, host: string, path: string): Answer | undefined {
  switch (fault.kind) {
    case '500-json':
      return json(500, { message: 'Server Error' })
    case '500-html':
      return errorPage(500, 'Server Error')
    case '502-html':
      return html(
        502,
        '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>',
      )
    case '503-html':
      return errorPage(503, 'Service Unavailable')
    case 'cf-challenge':
      return html(403, '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>', {
        server: 'cloudflare',
        'cf-mitigated': 'challenge',
        'cf-ray': '8f0000000000abcd-FRA',
      })
    case '200-html':
      return html(
        200,
        '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Log in</form></body></html>',
      )
    case 'empty-200':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '' }
    case '301': {
      const location = fault.location ?? `https://${host}${path}`
      return html(301, `<a href="${location}">Moved Permanently</a>.`, { location })
    }
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

  take(method: string, path: string, now: number): Fault | undefined {
    const found = this.#waiting.find(
      ({ fault, left }) =>
        (fault.until === undefined ? left > 0 : now < fault.until) &&
        (fault.method ?? method) === method &&
        isFor(fault.path, path),
    )
    if (!found) return undefined
    found.left -= 1
    return found.fault
  }
}

function isFor(wanted: string | RegExp | undefined, path: string): boolean {
  if (wanted === undefined) return true
  return typeof wanted === 'string' ? wanted === path : wanted.test(path)
}
