import type { Clock } from '../flow/clock.ts'
import { redact, type Secret } from '../values/secret.ts'
import { type ConnectionSettings, pinnedAddress } from './connection.ts'
import { type Answer, ExchangeFailed, exchange } from './exchange.ts'
import { explainFailure } from './explain-failure.ts'
import { HttpFailure, KnownFailure } from './failure.ts'
import { printableUrl } from './printable-url.ts'
import { proxyFor } from './proxy.ts'
import { type Hop, nextHop } from './redirect.ts'
import { HttpResponse } from './response.ts'
import { type RetryRule, retryPause } from './retry-rule.ts'

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

const MAX_BYTES = 10 * 1024 * 1024

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return { send: request => new Sending(request, options).run() }
}

/** One request with its tries. */
class Sending {
  readonly #request: HttpRequest
  readonly #options: HttpClientOptions
  readonly #first: Hop
  readonly #secrets: readonly Secret[]
  readonly #end: number

  constructor(request: HttpRequest, options: HttpClientOptions) {
    this.#request = request
    this.#options = options
    this.#secrets = request.secrets ?? []
    this.#end = options.clock.now() + (request.deadline ?? Number.POSITIVE_INFINITY)
    this.#first = firstHop(request, options.userAgent)
  }

  async run(): Promise<HttpResponse> {
    const { clock, random } = this.#options
    const { retry, signal } = this.#request
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try(tries)
      const pause = retry && retryPause(outcome, this.#first.method, tries, retry, clock.now(), random ?? Math.random)
      if (pause === undefined || clock.now() + pause >= this.#end) {
        if (outcome instanceof HttpFailure) throw outcome
        return outcome
      }
      retry?.onRetry?.(outcome, tries, pause)
      await clock.sleep(pause, signal)
    }
  }

  async #try(tries: number): Promise<HttpResponse | HttpFailure> {
    let hop = this.#first
    let proxy: URL | undefined
    try {
      for (let followed = 0; ; followed++) {
        proxy = this.#proxyFor(hop.url)
        const answer = await this.#exchange(hop, proxy)
        const next = this.#request.redirects ? nextHop(hop, answer.status, answer.headers.get('location')) : undefined
        if (next === undefined) return new HttpResponse({ ...answer, url: hop.url, tries, proxy })
        if (followed === this.#request.redirects) {
          throw new KnownFailure('redirect', `it redirects more than ${followed} times`)
        }
        if (this.#request.connection?.to && next.url.origin !== hop.url.origin) {
          throw new KnownFailure('redirect', `it redirects to ${next.url.origin}, which the tunnel does not lead to`)
        }
        hop = next
      }
    } catch (thrown) {
      if (!(thrown instanceof ExchangeFailed || thrown instanceof KnownFailure)) throw thrown
      return this.#failure(thrown, hop, proxy, tries)
    }
  }

  #proxyFor(url: URL): URL | undefined {
    const { connection } = this.#request
    if (connection?.to || pinnedAddress(url, connection) !== undefined) return undefined
    return proxyFor(url, this.#options.env)
  }

  #exchange(hop: Hop, proxy: URL | undefined): Promise<Answer> {
    const { connection, maxBytes, overflow, signal, timeout } = this.#request
    const left = Math.max(1, this.#end - this.#options.clock.now())
    const limits = {
      timeout: Math.min(timeout, left),
      maxBytes: maxBytes ?? MAX_BYTES,
      overflow: overflow ?? 'fail',
      signal,
    } as const
    return exchange(hop, connection ?? {}, proxy, limits)
  }

  #failure(thrown: Error, hop: Hop, proxy: URL | undefined, tries: number): HttpFailure {
    const sent = thrown instanceof ExchangeFailed ? thrown.sent : true
    const { kind, text } = explainFailure(thrown instanceof ExchangeFailed ? thrown.cause : thrown)
    const way = proxy && !sent && kind !== 'proxy' ? ` (by way of the proxy ${proxy.host})` : ''
    return new HttpFailure({
      kind,
      asked: redact(`${hop.method} ${printableUrl(hop.url)}`, this.#secrets),
      reason: redact(`${text}${way}`, this.#secrets),
      sent,
      tries,
    })
  }
}

function firstHop(request: HttpRequest, userAgent: string): Hop {
  const url = new URL(request.url)
  const given = new Set(Object.keys(request.headers ?? {}).map(name => name.toLowerCase()))
  const headers: Record<string, string> = { ...request.headers }
  if (!given.has('user-agent')) headers['user-agent'] = userAgent
  if (url.username !== '' && !given.has('authorization')) {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
  }
  url.username = ''
  url.password = ''
  url.hash = ''
  return { method: request.method ?? 'GET', url, headers, body: request.body }
}
