/** A URL for a message: without user, password, fragment and the query's values, any of which may be secret. */
export function printableUrl(url: URL): string {
  const query = [...new Set(url.searchParams.keys())].map(name => `${encodeURIComponent(name)}=…`).join('&')
  return `${url.origin}${url.pathname}${query ? `?${query}` : ''}`
}
