import { redact, type Secret } from '../values/secret.ts'
import type { HttpClientOptions, HttpRequest } from './client.ts'
import { type Answer, type Exchange, ExchangeFailed } from './exchange.ts'
import { explainFailure } from './explain-failure.ts'
import { HttpFailure, KnownFailure } from './failure.ts'
import { pinnedAddress } from './pinned-address.ts'
import { printableUrl } from './printable-url.ts'
import { proxyFor } from './proxy.ts'
import { type Hop, nextHop } from './redirect.ts'
import { HttpResponse } from './response.ts'
import { retryPause } from './retry-rule.ts'

const MAX_BYTES = 10 * 1024 * 1024

/** One request with its tries. */
export class Sending {
  readonly #request: HttpRequest
  readonly #options: HttpClientOptions
  readonly #exchangeOver: Exchange
  readonly #first: Hop
  readonly #secrets: readonly Secret[]
  readonly #end: number

  constructor(request: HttpRequest, options: HttpClientOptions, exchange: Exchange) {
    this.#request = request
    this.#options = options
    this.#exchangeOver = exchange
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
    let followed = 0
    try {
      for (; ; followed++) {
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
      return this.#failure(thrown, { hop, proxy, followed, tries })
    }
  }

  #proxyFor(url: URL): URL | undefined {
    const { connection } = this.#request
    if (connection?.to || connection?.open || pinnedAddress(url, connection) !== undefined) return undefined
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
    return this.#exchangeOver(hop, connection ?? {}, proxy, limits)
  }

  #failure(
    thrown: Error,
    { hop, proxy, followed, tries }: { hop: Hop; proxy: URL | undefined; followed: number; tries: number },
  ): HttpFailure {
    const phase = thrown instanceof ExchangeFailed ? thrown.phase : undefined
    const sent = phase === undefined || phase === 'headers' || phase === 'body'
    const { kind, text } = explainFailure(thrown instanceof ExchangeFailed ? thrown.cause : thrown)
    const way = proxy && !sent && kind !== 'proxy' ? ` (by way of the proxy ${proxy.host})` : ''
    return new HttpFailure({
      kind,
      asked: redact(`${hop.method} ${printableUrl(hop.url)}`, this.#secrets),
      reason: redact(`${text}${way}`, this.#secrets),
      sent,
      responded: phase === 'body' || followed > 0,
      proxy,
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
