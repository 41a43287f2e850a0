import { isOneLine } from './formats/formats.ts'
import { type Flaw, flaw } from './problem.ts'
import type { TypeName } from './rules/vocabulary.ts'

/** GitHub's own limit: https://docs.github.com/actions/reference/security/secrets#limits-for-secrets */
const LARGEST_BYTES = 48 * 1_024

const INVISIBLE = [
  [/[\u200b\u2060\u00ad]/, 'a zero-width character'],
  [/\ufeff/, 'a byte order mark'],
  [/[\u00a0\u2007\u202f]/, 'a no-break space'],
  [/[\u202a-\u202e\u2066-\u2069]/, 'a character that turns the direction of writing'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  [/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/, 'a control character'],
] as const

/** White space by Unicode, and what cannot be seen. */
export function isBlank(value: string): boolean {
  return /^[\s\u200b-\u200d\u2060\ufeff\u00ad\u180e]*$/.test(value)
}

/** What happens to any value on its way through a clipboard, a `.env` file or a shell, whatever its type. */
export function pasteFlaws(value: string, name: string, type: TypeName): Flaw[] {
  const flaws: Flaw[] = []
  if (Buffer.byteLength(value) > LARGEST_BYTES)
    flaws.push(flaw('too-long', 'is larger than the 48 KB that GitHub allows'))
  const invisible = INVISIBLE.find(([pattern]) => pattern.test(value))
  if (invisible)
    flaws.push(
      flaw('whitespace', `has ${invisible[1]} in it`, 'Type it again instead of copying it from a page or a chat.'),
    )
  if (isOneLine(type) || !/[\r\n]/.test(value.trim())) flaws.push(...edgeFlaws(value, type))
  const assigned = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=./.exec(value.trim())
  if (assigned?.[1] === name)
    flaws.push(flaw('format', 'starts with its own name and =', 'Write only what stands behind the =.'))
  else if (type !== 'json' && isOneLine(type) && isQuoted(value))
    flaws.push(flaw('format', 'has quotes around it', 'Write it without them.'))
  else if (type === 'text' && isQuoted(value)) {
    flaws.push({
      ...flaw('format', 'has quotes around it', 'Write it without them, unless they belong to it.'),
      severity: 'warning',
    })
  }
  return flaws
}

/** In a text of several lines a final newline is right; at the end of a password it makes the login fail. */
function edgeFlaws(value: string, type: TypeName): Flaw[] {
  if (value === value.trim() || (!isOneLine(type) && type !== 'text')) return []
  const [start, end] = [value !== value.trimStart(), value !== value.trimEnd()]
  const where = start && end ? 'at both ends' : start ? 'at its start' : 'at its end'
  const what = /[\r\n]$/.test(value) && !start ? 'a line break' : 'white space'
  return [flaw('whitespace', `has ${what} ${where}`, 'Set it again without: `printf %s VALUE | gh secret set NAME`.')]
}

function isQuoted(value: string): boolean {
  const text = value.trim()
  return text.length > 2 && /^["'`]/.test(text) && text.at(0) === text.at(-1)
}
