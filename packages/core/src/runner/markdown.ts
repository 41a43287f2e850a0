/** What Markdown or HTML gives a meaning to within a line. */
const MARKUP = /[&<>"`*_~[\]|\\$]/g
/** Control characters, what turns a line's direction, and white space of all kinds: a cell is one line. */
const SPACE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu
/** What GitHub makes a link of by itself, and a mention of a person: broken by a space that is not seen. */
const REFERENCE = /(?<!\w)([@#])(?=\w)/g

/**
 * Text from elsewhere, to be read in the summary as it is: no markup, image, mention, formula or HTML comes of it. Entities
 * stand for what has a meaning, so that a table's own escapes change nothing. https://github.github.com/gfm/
 */
export function markdownText(text: string): string {
  return text
    .replace(SPACE, ' ')
    .trim()
    .replace(REFERENCE, '$1\u200b')
    .replace(MARKUP, letter => `&#${letter.charCodeAt(0)};`)
}

/** Lines in a fence longer than any inside, so that none of them can end it. */
export function codeBlock(lines: readonly string[]): string {
  const text = lines.join('\n')
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(run => run[0].length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}text\n${text}\n${mark}`
}
