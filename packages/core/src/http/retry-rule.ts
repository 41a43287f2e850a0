import { type FailureKind, HttpFailure } from './failure.ts'
import type { HttpResponse } from './response.ts'
import { parseRetryAfter } from './retry-after.ts'

export interface RetryRule {
  /** All tries, the first one too. */
  readonly attempts: number
  /** Milliseconds before the second try; doubled before each further one. */
  readonly firstDelay: number
  /** Milliseconds that a pause of our own never exceeds; what a server asks for is kept to, or the tries end. */
  readonly longestDelay: number
  /** Whether the request may be sent again after the server may have got it. By the method when left out: not for POST and PATCH. */
  readonly repeatable?: boolean
  /** Milliseconds that this answer asks for, where a service says so in words of its own. */
  readonly asksFor?: (response: HttpResponse) => number | undefined
  /** Further answers that are worth another try, where a service says "later" in a way of its own. */
  readonly alsoRetry?: (response: HttpResponse) => boolean
  readonly onRetry?: (outcome: HttpResponse | HttpFailure, tries: number, pause: number) => void
}

/** Milliseconds that a pause is never shorter than, unless our own is. */
const SHORTEST_PAUSE = 250

/** 501 and 505 stay what they are, however often one asks. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** Failures of the connection, which may be gone a moment later. A certificate does not mend itself. */
const PASSING: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'refused',
  'name-not-found',
  'name-unresolved',
  'unreachable',
  'timeout-connect',
  'timeout-tls',
  'timeout-headers',
  'timeout-body',
  'reset',
  'closed',
])

export function isPassing(kind: FailureKind): boolean {
  return PASSING.has(kind)
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Milliseconds until the next try, or undefined when there shall be none. */
export function retryPause(
  outcome: HttpResponse | HttpFailure,
  method: string,
  tries: number,
  rule: RetryRule,
  now: number,
  random: () => number,
): number | undefined {
  if (tries >= rule.attempts) return undefined
  // Jitter, so that many runs that were turned away together do not come back together.
  const own = Math.min(rule.firstDelay * 2 ** (tries - 1), rule.longestDelay) * (0.75 + random() * 0.5)
  if (outcome instanceof HttpFailure) {
    const repeatable = rule.repeatable ?? IDEMPOTENT.has(method)
    return isPassing(outcome.kind) && (!outcome.sent || repeatable) ? own : undefined
  }
  if (!TRANSIENT.has(outcome.status) && !rule.alsoRetry?.(outcome)) return undefined
  const asked = rule.asksFor?.(outcome) ?? parseRetryAfter(outcome.headers.get('retry-after'), now)
  // "At once" would be a loop without a pause, against a server that has just said that it cannot.
  return asked === undefined ? own : Math.max(asked, Math.min(own, SHORTEST_PAUSE))
}
