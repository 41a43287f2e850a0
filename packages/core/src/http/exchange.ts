import type { Dispatcher } from 'undici'
import { type Connection, type ConnectionSettings, prepareConnection } from './connection.ts'
import { type FailureKind, KnownFailure } from './failure.ts'
import type { Hop } from './redirect.ts'
import { headersOf, type Timings } from './response.ts'

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

/** A failed try, with how far it came. */
export class ExchangeFailed extends Error {
  readonly sent: boolean

  constructor(cause: unknown, sent: boolean) {
    super('the exchange failed', { cause })
    this.sent = sent
  }
}

type Phase = 'connect' | 'headers' | 'body'

const LATE: Readonly<Record<Phase, readonly [FailureKind, string]>> = {
  connect: ['timeout-connect', 'no connection within'],
  headers: ['timeout-headers', 'the server took the request and did not answer within'],
  body: ['timeout-body', 'the answer began and did not end within'],
}

/** One request on a connection of its own, which is closed before this returns. */
export async function exchange(
  hop: Hop,
  settings: ConnectionSettings,
  proxy: URL | undefined,
  limits: ExchangeLimits,
): Promise<Answer> {
  const connection = prepareConnection(settings, proxy)
  try {
    return await talk(hop, connection, limits)
  } finally {
    await connection.destroy()
  }
}

function talk(hop: Hop, connection: Connection, limits: ExchangeLimits): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let phase: Phase = 'connect'
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
      reject(new ExchangeFailed(cause, phase !== 'connect'))
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
      const [kind, text] = LATE[phase]
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
          fail(new KnownFailure('too-large', `the answer is larger than ${limits.maxBytes} bytes`))
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
