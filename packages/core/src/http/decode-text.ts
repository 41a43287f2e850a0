/** Bytes in which a page must name its charset. https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding */
const PRESCAN = 1_024

/** The text of a body: by its byte order mark, the charset of Content-Type, or what the page itself names; UTF-8 otherwise. */
export function decodeText(body: Uint8Array, contentType: string | undefined): string {
  const charset = charsetOf(body, contentType)
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // A charset that nobody knows: in UTF-8 at least the ASCII is right.
    return new TextDecoder().decode(body)
  }
}

function charsetOf(body: Uint8Array, contentType = ''): string {
  const [first, second] = body
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xef && second === 0xbb && body[2] === 0xbf) return 'utf-8'
  const named = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]
  if (named !== undefined) return named
  if (!/html|xml/i.test(contentType)) return 'utf-8'
  const start = new TextDecoder('latin1').decode(body.subarray(0, PRESCAN))
  const declared =
    /<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)|^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)/i.exec(start)
  return declared?.[1] ?? declared?.[2] ?? 'utf-8'
}
