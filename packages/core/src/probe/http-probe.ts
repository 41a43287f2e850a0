import type { HttpClient } from '../http/client.ts'
import { HttpFailure } from '../http/failure.ts'
import { printableUrl } from '../http/printable-url.ts'
import type { HttpResponse } from '../http/response.ts'
import { redact, type Secret } from '../values/secret.ts'
import { excerptOf } from './excerpt.ts'

export interface HttpProbe {
  readonly url: URL
  /** Milliseconds for the whole of it, the body too. */
  readonly timeout: number
  /** A port on the loopback that leads to the URL's host and port: a tunnel's. */
  readonly throughPort?: number
  /** Never shown in a reason, in whatever form they come back. */
  readonly secrets?: readonly Secret[]
  readonly signal?: AbortSignal
}

export type ProbeVerdict =
  | { readonly ok: true; readonly status: number; readonly durationMs: number; readonly text: string }
  /** The reason reads on after the URL: `… responded with 503: database is down`. */
  | { readonly ok: false; readonly reason: string }

/** Asks once, on a connection of its own, whether a URL answers 2xx. Rejects only with the signal's reason. */
export async function probeHttp(client: HttpClient, probe: HttpProbe): Promise<ProbeVerdict> {
  const { url, timeout, throughPort, secrets = [], signal } = probe
  const started = performance.now()
  try {
    const response = await client.send({
      url,
      timeout,
      secrets,
      ...(throughPort === undefined ? {} : { connection: { to: { host: '127.0.0.1', port: throughPort } } }),
      ...(signal ? { signal } : {}),
    })
    if (response.ok) {
      const durationMs = Math.round(performance.now() - started)
      return { ok: true, status: response.status, durationMs, text: response.text() }
    }
    return { ok: false, reason: refusalOf(response, secrets) }
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown
    return { ok: false, reason: thrown.reason }
  }
}

/** What a status outside 2xx says. */
export function refusalOf(response: HttpResponse, secrets: readonly Secret[]): string {
  const { status } = response
  const location = response.headers.get('location')
  if (status >= 300 && status < 400 && location !== undefined) {
    const target = URL.parse(location, response.url.href)
    const shown = target ? redact(printableUrl(target), secrets) : 'an address that is not a web address'
    return `redirects (${status}) to ${shown}; use that URL`
  }
  const excerpt = excerptOf(response.text(), secrets)
  return `responded with ${status}${excerpt ? `: ${excerpt}` : ''}`
}
