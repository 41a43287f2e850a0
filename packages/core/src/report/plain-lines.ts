import { stripVTControlCharacters } from 'node:util'

/** As an editor or a terminal may take them, not only `\n`. */
const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/
/** Control characters, and what is not seen or turns a line's direction. */
const UNSEEN = /[\p{Cc}\p{Cf}]/gu

/** Text from elsewhere as lines that show all there is, and do nothing to who shows them. */
export function plainLines(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(LINE_BREAK)
    .map(line => line.replaceAll('\t', '  ').replace(UNSEEN, ''))
}
