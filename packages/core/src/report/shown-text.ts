import { cut } from './cut.ts'
import { markdownText } from './markdown.ts'
import { plainLines } from './plain-lines.ts'

/** Replaces every secret in a text. */
export type Clean = (text: string) => string

/** UTF-16 units of a line: more of it nobody reads. A service that logs 16 kB a line would fill a summary alone. */
export const LONGEST_LINE = 2_000

/**
 * Text from elsewhere as lines to show: without secrets, control characters and whole screens of one line. It is cleaned twice, as
 * a secret may have line breaks, and one with a character that is not seen within it is readable only once that is gone.
 */
export function shownLines(text: string, clean: Clean): string[] {
  return plainLines(clean(text)).map(line => cut(clean(line), LONGEST_LINE))
}

/** The same as part of a line of Markdown. */
export function shownText(text: string, longest: number, clean: Clean): string {
  return markdownText(cut(shownLines(text, clean).join(' ').trim(), longest))
}
