/** What Markdown or HTML gives a meaning to within a line. */
const MARKUP = /[&<>"`*_~[\]|\\$]/g
/** Control characters, what turns a line's direction, and white space of all kinds: a cell is one line. */
const SPACE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu
/** What GitHub makes a link of by itself, and a mention of a person: broken by a space that is not seen. */
const REFERENCE = /(?<!\w)([@#])(?=\w)/g
/** What starts a heading, a list, a rule or an underlined heading at the start of a line; hashes at a heading's end are dropped. */
const BLOCK = /^[#+=-]|(?<=^\d{1,9})[.)]|#(?=#*$)/g
/** What would end the address of a link, or begin something else. */
const NOT_IN_ADDRESS = /[()<>[\]\\|"'`$\s]/g
const LONGEST_ADDRESS = 2_000

/**
 * Text from elsewhere, to be read in the summary as it is: no markup, image, mention, formula or HTML comes of it. Entities
 * stand for what has a meaning, so that a table's own escapes change nothing. https://github.github.com/gfm/
 */
export function markdownText(text: string): string {
  return text.replace(SPACE, ' ').trim().replace(REFERENCE, '$1\u200b').replace(MARKUP, entity)
}

/** The same for a text with which a line starts, or a heading ends: no list, rule or heading comes of it either. */
export function markdownLine(text: string): string {
  return markdownText(text).replace(BLOCK, entity)
}

/**
 * A link of text that is escaped already. Only to web pages, and without what may be secret in an address: login, query and
 * fragment. Anything else stays text.
 */
export function markdownLink(text: string, address: string): string {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) return text
  const target = `${url.origin}${url.pathname}`.replace(NOT_IN_ADDRESS, percent).replaceAll('&', '&amp;')
  return target.length > LONGEST_ADDRESS ? text : `[${text}](${target})`
}

/** Lines in a fence longer than any inside, so that none of them can end it. */
export function codeBlock(lines: readonly string[]): string {
  const text = lines.join('\n')
  const mark = fence(text)
  return `${mark}text\n${text}\n${mark}`
}

export function fence(text: string): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2)
  return '`'.repeat(longest + 1)
}

function entity(letter: string): string {
  return `&#${letter.charCodeAt(0)};`
}

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
