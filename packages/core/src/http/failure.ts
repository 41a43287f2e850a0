export type FailureKind =
  | 'refused'
  | 'name-not-found'
  | 'name-unresolved'
  | 'unreachable'
  | 'timeout-connect'
  | 'timeout-tls'
  | 'timeout-headers'
  | 'timeout-body'
  | 'reset'
  | 'closed'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-self-signed'
  | 'certificate-wrong-host'
  | 'certificate-chain'
  | 'certificate-revoked'
  | 'tls'
  | 'not-http'
  | 'too-large'
  | 'encoding'
  | 'proxy'
  | 'redirect'
  | 'invalid-request'
  | 'unknown'

export interface FailureExplanation {
  readonly kind: FailureKind
  /** Reads on after the name of what was asked: `… : the connection was refused; nothing listens there`. */
  readonly text: string
}

/** No answer came, or none that could be read. Its message is for people and holds none of the request's secrets. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly kind: FailureKind
  /** The cause alone, without method and address. */
  readonly reason: string
  /** The request was on its way, so that the server may have acted on it. */
  readonly sent: boolean
  /** A response had begun, or another one had redirected there. */
  readonly responded: boolean
  /** The proxy that was on the way, which may be what failed. */
  readonly proxy: URL | undefined
  readonly tries: number

  constructor(parts: {
    readonly kind: FailureKind
    readonly asked: string
    readonly reason: string
    readonly sent: boolean
    readonly responded?: boolean
    readonly proxy?: URL | undefined
    readonly tries: number
  }) {
    super(`${parts.asked}: ${parts.reason}`)
    this.kind = parts.kind
    this.reason = parts.reason
    this.sent = parts.sent
    this.responded = parts.responded ?? false
    this.proxy = parts.proxy
    this.tries = parts.tries
  }
}

/** Thrown inside the client, where the kind is known already. */
export class KnownFailure extends Error {
  readonly kind: FailureKind

  constructor(kind: FailureKind, text: string) {
    super(text)
    this.kind = kind
  }
}

export interface Cause {
  readonly code: string
  readonly message: string
  readonly error: unknown
}

/**
 * A thrown value and everything beneath it, outermost first: `cause` and, for several addresses, `errors`. Told by their
 * properties, not by their class: a value may come from another realm, such as a test's.
 */
export function causesOf(thrown: unknown): Cause[] {
  const found: Cause[] = []
  const seen = new Set<unknown>()
  const queue: unknown[] = [thrown]
  for (const error of queue) {
    if (error === undefined || error === null || seen.has(error)) continue
    seen.add(error)
    if (typeof error !== 'object') {
      found.push({ code: '', message: String(error), error })
      continue
    }
    found.push({
      code: 'code' in error ? String(error.code ?? '') : '',
      message: 'message' in error ? String(error.message) : '',
      error,
    })
    if ('cause' in error) queue.push(error.cause)
    if ('errors' in error && Array.isArray(error.errors)) queue.push(...error.errors)
  }
  return found
}
