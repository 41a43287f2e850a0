import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type Answer, type Exchange, ExchangeFailed, type ExchangeLimits, LATE, type Phase } from './exchange.ts'
import { KnownFailure } from './failure.ts'
import type { Hop } from './redirect.ts'
import { headersOf } from './response.ts'

/**
 * Over node's own client, for actions whose size and start count: undici is 1.6 MB in a bundle. It knows no settings of a connection,
 * and needs node 24.5 to go by way of a proxy.
 */
export const plainExchange: Exchange = (hop, settings, proxy, limits) => {
  if (Object.keys(settings).length > 0) throw new Error('the plain client has no settings of a connection')
  return new Promise((resolve, reject) => new PlainTalk(hop, limits, resolve, reject).start(proxy))
}

class PlainTalk {
  readonly #hop: Hop
  readonly #limits: ExchangeLimits
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (reason: unknown) => void
  readonly #started = performance.now()
  #connected = 0
  #phase: Phase = 'connect'
  #request: ClientRequest | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(hop: Hop, limits: ExchangeLimits, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#hop = hop
    this.#limits = limits
    this.#resolve = resolve
    this.#reject = reject
  }

  start(proxy: URL | undefined): void {
    const { url, method, headers, body } = this.#hop
    const { signal, timeout } = this.#limits
    if (signal?.aborted) {
      this.#reject(signal.reason)
      return
    }
    signal?.addEventListener('abort', this.#cancel, { once: true })
    this.#timer = setTimeout(() => {
      const [kind, text] = LATE[this.#phase]
      this.#fail(new KnownFailure(kind, `${text} ${Math.round(timeout / 100) / 10} s`))
    }, timeout)
    try {
      this.#request = openRequest(url, proxy, { method, headers: { connection: 'close', ...headers } })
      this.#request.on('error', this.#fail)
      this.#request.on('finish', () => {
        this.#connected = this.#elapsed()
        if (this.#phase === 'connect') this.#phase = 'headers'
      })
      this.#request.on('response', this.#read)
      this.#request.end(body)
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  readonly #read = (response: IncomingMessage) => {
    this.#phase = 'body'
    const { maxBytes, overflow } = this.#limits
    const firstByte = this.#elapsed()
    const chunks: Buffer[] = []
    let room = maxBytes
    const finish = (isCut: boolean) => {
      this.#end()
      this.#resolve({
        status: response.statusCode ?? 0,
        headers: headersOf(response.headers),
        body: Buffer.concat(chunks),
        isCut,
        timings: { connected: this.#connected, firstByte, total: this.#elapsed() },
      })
    }
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, Math.max(0, room)))
      room -= chunk.length
      if (room >= 0) return
      if (overflow === 'cut') finish(true)
      else this.#fail(new KnownFailure('too-large', `the response is larger than ${maxBytes} bytes`))
    })
    response.on('error', this.#fail)
    response.on('end', () => finish(false))
  }

  readonly #fail = (cause: unknown) => {
    this.#end()
    this.#reject(new ExchangeFailed(cause, this.#phase))
  }

  readonly #cancel = () => {
    this.#end()
    this.#reject(this.#limits.signal?.reason)
  }

  #elapsed(): number {
    return performance.now() - this.#started
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#limits.signal?.removeEventListener('abort', this.#cancel)
    this.#request?.destroy()
  }
}

/** node's agents go by way of a proxy by themselves once they are given it. https://nodejs.org/api/http.html#built-in-proxy-support */
function openRequest(url: URL, proxy: URL | undefined, options: object): ClientRequest {
  if (url.protocol === 'http:') {
    // A proxy is asked for the whole URL in plain text.
    return proxy
      ? httpRequest(proxy, {
          ...options,
          path: url.href,
          headers: { ...headersIn(options), host: url.host, ...proxyLogin(proxy) },
        })
      : httpRequest(url, options)
  }
  const agent = proxy && new HttpsAgent({ proxyEnv: { HTTPS_PROXY: proxy.href } })
  return httpsRequest(url, { ...options, ...(agent ? { agent } : {}) })
}

function headersIn(options: object): Record<string, string> {
  return 'headers' in options ? (options.headers as Record<string, string>) : {}
}

function proxyLogin({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
}
