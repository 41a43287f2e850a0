import type { ConnectionSettings } from './connection.ts'

/** The address that is set for a URL's host and port. */
export function pinnedAddress(url: URL, settings: ConnectionSettings | undefined): string | undefined {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return settings?.resolve?.get(`${url.hostname}:${port}`)
}
