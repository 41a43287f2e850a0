import { INVISIBLE } from './limits.ts'

/**
 * Text from elsewhere (a commit's message, a branch's name) as text: no character of it formats, links or mentions.
 * What a mention may ping is decided by `allowed_mentions` anyway; here it is not even shown as one.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_~|[\]()<>#]/g, '\\$&')
    .replace(/^(\s*\d*)([-+.])(?=\s)/gm, '$1\\$2')
    .replace(/@(?=everyone|here)/g, `@${INVISIBLE}`)
    .replace(/(https?:\/\/)/g, match => `${match.slice(0, -2)}${INVISIBLE}//`)
}

/** Text in a code span. Discord knows no escape inside one, so a text with a back-quote stays plain. */
export function codeSpan(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.includes('`') || line === '' ? escapeMarkdown(line) : `\`${line}\``
}
