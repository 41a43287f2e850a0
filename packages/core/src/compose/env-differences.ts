/**
 * The names whose values differ between two texts of a `.env` file. Undefined where one of the texts may not be what it seems: a line of a
 * secret must never pass for a name. So an empty value equals none, as the last line of a secret in base64 can end in one equals sign.
 */
export function differingNames(before: string, after: string): string[] | undefined {
  const [one, other] = [valuesAsWritten(before), valuesAsWritten(after)]
  if (one === undefined || other === undefined) return undefined
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter(name => (one.get(name) ?? '') !== (other.get(name) ?? ''))
    .sort()
}

const BLANK = /(?:\s+|#[^\n]*)*/y
const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:](?!=)[ \t]*/y
const QUOTED = /((['"])(?:\\[\s\S]|(?!\2)[^\\])*\2)[ \t]*(?:#[^\n]*)?(?=\r?\n|$)/y
const BARE = /(?!['"])([^\n]*)/y

/** Each name with its value, quotes and all: of two with the same name the last one counts. */
function valuesAsWritten(text: string): Map<string, string> | undefined {
  const values = new Map<string, string>()
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match[1] ?? ''
  }
  take(BLANK)
  while (at < text.length) {
    const name = take(NAME)
    const value = name === undefined ? undefined : (take(QUOTED) ?? take(BARE))
    if (name === undefined || value === undefined) return undefined
    values.set(name, value.trim())
    take(BLANK)
  }
  return values
}
