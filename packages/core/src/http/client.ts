import type { Clock } from '../flow/clock.ts'
import type { Secret } from '../values/secret.ts'
import type { ConnectionSettings } from './connection.ts'
import type { HttpResponse } from './response.ts'
import type { RetryRule } from './retry-rule.ts'
import { Sending } from './sending.ts'

export interface HttpRequest {
  /** GET when left out. */
  readonly method?: string
  readonly url: string | URL
  /** `Authorization` is made from a URL's user and password when none is given. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Milliseconds for one try, from the look-up of the name to the last byte. */
  readonly timeout: number
  /** Milliseconds for all tries, redirects and pauses; the last try is cut by it. */
  readonly deadline?: number
  /** Left out: one try. */
  readonly retry?: RetryRule
  /** How many redirects are followed; 0 when left out: then a 3xx is the answer. */
  readonly redirects?: number
  /** Bytes of the body that are read at most. */
  readonly maxBytes?: number
  /** What a larger body is: a failure (when left out), or cut there. */
  readonly overflow?: 'fail' | 'cut'
  readonly connection?: ConnectionSettings
  /** Never shown in a failure's message, in whatever form they stand in URL or headers. */
  readonly secrets?: readonly Secret[]
  readonly signal?: AbortSignal
}

export interface HttpClient {
  /** Resolves with the answer whatever its status; throws HttpFailure when there is none, or the signal's reason. */
  send(request: HttpRequest): Promise<HttpResponse>
}

export interface HttpClientOptions {
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY stand. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly userAgent: string
  /** From 0 to 1, for the jitter of pauses. */
  readonly random?: () => number
}

/** undici is loaded with the first request: it is half of a bundle, and a run with a mistake in its inputs sends no request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return {
    send: async request => {
      const { undiciExchange } = await loadUndici()
      return new Sending(request, options, undiciExchange).run()
    },
  }
}

/** Loads undici before the first request, for callers that measure how long a request takes. */
export async function prepareHttp(): Promise<void> {
  await loadUndici()
}

const loadUndici = () => import('./undici-exchange.ts')
