import type { ConnectionSettings } from './connection.ts'
import type { FailureKind } from './failure.ts'
import type { Hop } from './redirect.ts'
import type { Timings } from './response.ts'

export interface ExchangeLimits {
  /** Milliseconds for all of it: name, connection, TLS, headers, body. */
  readonly timeout: number
  readonly maxBytes: number
  /** What a larger body is: a failure, or cut there. */
  readonly overflow: 'fail' | 'cut'
  readonly signal: AbortSignal | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** There is more of it, which was not read. */
  readonly isCut: boolean
  readonly timings: Timings
}

/** One request and its answer, on a connection that is closed before this returns. */
export type Exchange = (
  hop: Hop,
  settings: ConnectionSettings,
  proxy: URL | undefined,
  limits: ExchangeLimits,
) => Promise<Answer>

/** A failed try, with how far it came. */
export class ExchangeFailed extends Error {
  readonly phase: Phase

  constructor(cause: unknown, phase: Phase) {
    super('the exchange failed', { cause })
    this.phase = phase
  }
}

/** How far an exchange came. */
export type Phase = ConnectPhase | 'headers' | 'body'

/** How far a connection came. */
export type ConnectPhase = 'lookup' | 'connect' | 'tls'

/** What is said of a limit of time that was passed in a phase. */
export const LATE: Readonly<Record<Phase, readonly [FailureKind, string]>> = {
  lookup: ['name-unresolved', 'DNS did not respond within'],
  connect: ['timeout-connect', 'no connection within'],
  tls: ['timeout-tls', 'it connected, but TLS was not ready within'],
  headers: ['timeout-headers', 'the server accepted the request and did not respond within'],
  body: ['timeout-body', 'the response started and did not end within'],
}
