import { decodeText } from './decode-text.ts'

/** Milliseconds from the start of the exchange. */
export interface Timings {
  /** Name, connection and TLS are done, and the request goes out. */
  readonly connected: number
  readonly firstByte: number
  readonly total: number
}

export interface ResponseParts {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly isCut: boolean
  readonly timings: Timings
  readonly url: URL
  readonly tries: number
  readonly proxy: URL | undefined
}

/** An answer, read to its end or to the limit of its size. */
export class HttpResponse {
  readonly status: number
  /** By name in small letters; several of one name are joined by a comma, cookies by a newline. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** Where it came from in the end, after redirects. */
  readonly url: URL
  readonly tries: number
  /** The body goes on; it was read only as far as `maxBytes`. */
  readonly isCut: boolean
  /** Of the last exchange, that is after redirects. */
  readonly timings: Timings
  /** The proxy that the answer came by. */
  readonly proxy: URL | undefined

  constructor(parts: ResponseParts) {
    this.status = parts.status
    this.headers = parts.headers
    this.body = parts.body
    this.url = parts.url
    this.tries = parts.tries
    this.isCut = parts.isCut
    this.timings = parts.timings
    this.proxy = parts.proxy
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  text(): string {
    return decodeText(this.body, this.headers.get('content-type'))
  }

  /** Undefined when the body is no JSON; JSON.parse's own message would quote it. */
  json(): unknown {
    try {
      return JSON.parse(this.text())
    } catch {
      return undefined
    }
  }
}

export function headersOf(incoming: Readonly<Record<string, string | string[] | undefined>>): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined) continue
    headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value)
  }
  return headers
}
