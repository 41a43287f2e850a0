import type { Dispatcher } from 'undici'
import { type Connection, prepareConnection } from './connection.ts'
import { type Answer, type Exchange, ExchangeFailed, type ExchangeLimits, LATE, type Phase } from './exchange.ts'
import { KnownFailure } from './failure.ts'
import type { Hop } from './redirect.ts'
import { headersOf } from './response.ts'

/** Over undici, which can do all that the settings of a connection ask for. */
export const undiciExchange: Exchange = async (hop, settings, proxy, limits) => {
  const connection = prepareConnection(settings, proxy)
  try {
    return await talk(hop, connection, limits)
  } finally {
    await connection.destroy()
  }
}

function talk(hop: Hop, connection: Connection, limits: ExchangeLimits): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Undefined until the connection stands.
    let phase: Phase | undefined
    let status = 0
    let headers: ReadonlyMap<string, string> = new Map()
    const chunks: Uint8Array[] = []
    let size = 0
    const started = performance.now()
    let connected = 0
    let firstByte = 0

    const end = () => {
      clearTimeout(timer)
      limits.signal?.removeEventListener('abort', cancel)
    }
    const fail = (cause: unknown) => {
      end()
      reject(new ExchangeFailed(cause, phase ?? connection.phase()))
    }
    const finish = (isCut: boolean) => {
      end()
      const timings = { connected, firstByte, total: performance.now() - started }
      resolve({ status, headers, body: Buffer.concat(chunks), isCut, timings })
    }
    const cancel = () => {
      end()
      reject(limits.signal?.reason)
    }
    const timer = setTimeout(() => {
      const [kind, text] = LATE[phase ?? connection.phase()]
      fail(new KnownFailure(kind, `${text} ${seconds(limits.timeout)}`))
    }, limits.timeout)
    if (limits.signal?.aborted) return cancel()
    limits.signal?.addEventListener('abort', cancel, { once: true })

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {
        phase = 'headers'
        connected = performance.now() - started
      },
      onResponseStart: (_controller, statusCode, incoming) => {
        // 1xx come before the answer itself.
        if (statusCode < 200) return
        phase = 'body'
        firstByte = performance.now() - started
        status = statusCode
        headers = headersOf(incoming)
      },
      onResponseData: (_controller, chunk) => {
        const room = limits.maxBytes - size
        size += chunk.length
        if (chunk.length <= room) chunks.push(chunk)
        else if (limits.overflow === 'fail')
          fail(new KnownFailure('too-large', `the response is larger than ${limits.maxBytes} bytes`))
        else {
          if (room > 0) chunks.push(chunk.subarray(0, room))
          finish(true)
        }
      },
      onResponseEnd: () => finish(false),
      onResponseError: (_controller, error) => fail(error),
    }
    try {
      connection.dispatcher.dispatch(
        {
          origin: hop.url.origin,
          path: `${hop.url.pathname}${hop.url.search}`,
          method: hop.method,
          headers: hop.headers,
          body: hop.body ?? null,
          headersTimeout: 0,
          bodyTimeout: 0,
          reset: true,
        },
        handler,
      )
    } catch (thrown) {
      fail(thrown)
    }
  })
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
