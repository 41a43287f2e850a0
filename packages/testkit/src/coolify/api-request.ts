import type { IncomingHttpHeaders } from 'node:http'

/** A request, read as Laravel reads it. */
export interface ApiRequest {
  readonly method: string
  /** Below `/api`, such as `/v1/deploy`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly isJson: boolean
  /** Does the client accept JSON? Otherwise some errors are pages. */
  readonly expectsJson: boolean
  /** Query and body in one; the body wins. Texts are trimmed, and empty ones null. */
  readonly input: Readonly<Record<string, unknown>>
  readonly ip: string
}

export function readRequest(
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  body: string,
  ip: string,
): ApiRequest {
  const type = headers['content-type'] ?? ''
  const isJson = /[/+]json/.test(type)
  const accept = headers.accept ?? ''
  const query = Object.fromEntries(url.searchParams)
  return {
    method,
    path: url.pathname.replace(/^\/api/, ''),
    query,
    headers,
    body,
    isJson,
    expectsJson: /[/+]json/.test(accept.split(',')[0] ?? ''),
    input: cleaned({ ...query, ...bodyFields(type, isJson, body) }),
    ip,
  }
}

/** Laravel's `$request->boolean()`. */
export function isTrue(value: unknown): boolean {
  return ['1', 'true', 'on', 'yes'].includes(String(value ?? '').toLowerCase())
}

/** PHP's cast to bool of what came in. */
export function isTruthy(value: unknown): boolean {
  return !(value === undefined || value === null || value === false || value === '' || value === '0' || value === 0)
}

/** A parsed JSON object's fields, or nothing when it is none. */
export function parsedFields(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function bodyFields(type: string, isJson: boolean, body: string): Record<string, unknown> {
  if (isJson) return parsedFields(body)
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body))
  return {}
}

function cleaned(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(value)]))
}

/** TrimStrings and ConvertEmptyStringsToNull. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim()
  if (Array.isArray(value)) return value.map(clean)
  return typeof value === 'object' && value !== null ? cleaned({ ...value }) : value
}
