import { KnownFailure } from './failure.ts'

export interface Hop {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** What another origin may see: a list of the harmless, as a credential can stand in a header of any name. */
const HARMLESS = new Set(['accept', 'accept-language', 'cache-control', 'user-agent'])

/** The request that a redirect asks for; undefined when the answer is none. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  const url = URL.parse(location, hop.url.href)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new KnownFailure('redirect', `it redirects (${status}) to an address that is not a web address`)
  }
  const becomesGet = (status === 303 && hop.method !== 'HEAD') || (status <= 302 && hop.method === 'POST')
  const method = becomesGet ? 'GET' : hop.method
  const body = becomesGet ? undefined : hop.body
  const sameOrigin = url.origin === hop.url.origin
  if (!sameOrigin && body !== undefined) {
    throw new KnownFailure(
      'redirect',
      `it redirects (${status}) to ${url.origin}, which must not get this request's body`,
    )
  }
  url.username = ''
  url.password = ''
  const headers = Object.fromEntries(
    Object.entries(hop.headers).filter(([name]) => {
      const lower = name.toLowerCase()
      if (becomesGet && lower.startsWith('content-')) return false
      return sameOrigin ? lower !== 'host' || url.host === hop.url.host : HARMLESS.has(lower)
    }),
  )
  return { method, url, headers, body }
}
