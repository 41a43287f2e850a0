/** An answer, read to its end. */
export class HttpResponse {
  readonly status: number
  /** By name in small letters; several of one name are joined by a comma, cookies by a newline. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** Where it came from in the end, after redirects. */
  readonly url: URL
  readonly tries: number

  constructor(parts: {
    readonly status: number
    readonly headers: ReadonlyMap<string, string>
    readonly body: Uint8Array
    readonly url: URL
    readonly tries: number
  }) {
    this.status = parts.status
    this.headers = parts.headers
    this.body = parts.body
    this.url = parts.url
    this.tries = parts.tries
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  text(): string {
    return new TextDecoder().decode(this.body)
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
