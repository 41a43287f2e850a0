/** What the fake does once in place of its work, the next time it is asked. */
export type Fault =
  | {
      readonly kind: 'rate-limit'
      readonly retryAfter: number
      readonly scope?: 'user' | 'global' | 'shared'
      readonly header?: boolean
    }
  /** Cloudflare's, as GitHub's shared runners meet it: JSON without Retry-After, HTML 1015, HTML 403. */
  | { readonly kind: 'blocked'; readonly form: 'json' | 'html-1015' | 'html-403' }
  | { readonly kind: 'status'; readonly status: number; readonly code?: number; readonly message?: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Stores the message, then breaks the connection: the sender cannot know. */
  | { readonly kind: 'reset-after-storing' }
  | { readonly kind: 'reset-before-storing' }

export interface FaultAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

const JSON_TYPE = { 'content-type': 'application/json' }
const HTML_TYPE = { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' }

/** The answer of a fault that gives one. `version` below 8 counts milliseconds. */
export function faultAnswer(fault: Fault, version: number): FaultAnswer | undefined {
  switch (fault.kind) {
    case 'rate-limit': {
      const { retryAfter, scope = 'user', header = true } = fault
      return {
        status: 429,
        headers: {
          ...JSON_TYPE,
          'x-ratelimit-scope': scope,
          ...(scope === 'global' ? { 'x-ratelimit-global': 'true' } : {}),
          ...(header ? { 'retry-after': String(Math.ceil(retryAfter)) } : {}),
        },
        body: JSON.stringify(rateLimitBody(retryAfter, scope === 'global', version)),
      }
    }
    case 'blocked':
      return BLOCKS[fault.form]
    case 'status': {
      const { status, code = 0, message = `${status}: Service unavailable` } = fault
      return { status, headers: JSON_TYPE, body: JSON.stringify({ message, code }) }
    }
    default:
      return undefined
  }
}

export function rateLimitBody(seconds: number, global: boolean, version: number): Record<string, unknown> {
  return {
    message: 'You are being rate limited.',
    retry_after: version < 8 ? Math.round(seconds * 1_000) : seconds,
    global,
  }
}

const BLOCKS: Readonly<Record<'json' | 'html-1015' | 'html-403', FaultAnswer>> = {
  json: {
    status: 429,
    headers: JSON_TYPE,
    body: JSON.stringify({
      message:
        'You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently. Please read our docs at https://discord.com/developers/docs/topics/rate-limits to prevent this moving forward.',
      code: 0,
    }),
  },
  'html-1015': {
    status: 429,
    headers: HTML_TYPE,
    body: '<!DOCTYPE html><html><head><title>Access denied | discord.com used Cloudflare to restrict access</title></head><body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>',
  },
  'html-403': {
    status: 403,
    headers: HTML_TYPE,
    body: '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>',
  },
}
