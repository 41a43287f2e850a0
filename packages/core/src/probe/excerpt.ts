import { redact, type Secret } from '../values/secret.ts'

/** More is never looked at: what explains a failure stands at the beginning. */
const LOOKED_AT = 8_192

/**
 * The beginning of a text from elsewhere on one line of a message: without markup, control characters, the known secrets, and
 * what would turn the line's direction. Undefined when nothing is left.
 */
export function excerptOf(text: string, secrets: Iterable<Secret>, longest = 160): string | undefined {
  // Redacted before it is cut: half a secret would not be found any more.
  const clean = redact(text, secrets).slice(0, LOOKED_AT)
  const line = plain(clean)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  if (line === '') return undefined
  const letters = [...line]
  return letters.length <= longest ? line : `${letters.slice(0, longest - 1).join('')}…`
}

/** A page's words: an error page of a proxy is mostly markup. */
function plain(text: string): string {
  if (!/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text)) return text
  return text
    .split(/<(?:style|script)\b/i)
    .map((part, index) => (index === 0 ? part : part.replace(/^[\s\S]*?<\/(?:style|script)\s*>/i, '')))
    .join(' ')
    .replace(/<[^<>]*>/g, ' ')
}
