import { flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

/** The engine's message quotes ten characters to each side of a mistake: it is never looked at. */
export const checkJson: FormatCheck = (value, options) => {
  let document: unknown
  try {
    document = JSON.parse(value)
  } catch {
    return [notJson(value)]
  }
  if (hasRepeatedKeys(value)) return [flaw('format', 'is JSON with a key that stands twice')]
  const keys = options['required-keys'] ?? []
  if (keys.length > 0 && (typeof document !== 'object' || document === null))
    return [flaw('format', 'is JSON, but no object')]
  const lacking = keys.filter(key => isEmpty(lookUp(document, key)))
  return lacking.length === 0 ? GOOD : [flaw('format', `lacks ${lacking.map(key => `\`${key}\``).join(', ')}`)]
}

function notJson(value: string) {
  const text = value.trim()
  if (/^[A-Za-z0-9+/\s]+={0,2}$/.test(text) && /^\s*[{[]/.test(Buffer.from(text, 'base64').toString('latin1'))) {
    return flaw('format', 'is base64 of JSON', 'Paste the JSON itself, or use `type: base64`.')
  }
  if (/^\{\s*'|'\s*:/.test(text)) return flaw('format', 'is not JSON: it has \' where JSON has "')
  if (/^\{\s*[A-Za-z_$][\w$]*\s*:/.test(text))
    return flaw('format', 'is not JSON: its keys lost their quotes', 'A shell eats them; paste the file as it is.')
  if (/^\{\s*\\"/.test(text))
    return flaw('format', 'is JSON inside a string: its quotes are escaped', 'Paste it without the backslashes.')
  if (/,\s*[}\]]/.test(text)) return flaw('format', 'is not JSON: a comma stands before a closing bracket')
  if (/^\{/.test(text) && !/\}$/.test(text))
    return flaw('format', 'is JSON that was cut', 'Copy it again to its very end.')
  if (hasControlInString(text))
    return flaw(
      'format',
      'is not JSON: a text in it is broken into lines',
      'Within a JSON text a line break is written \\n.',
    )
  return flaw('format', 'is not JSON')
}

/** A private key inside a service account's JSON loses its `\n` to real line breaks when it is pasted through a shell. */
function hasControlInString(text: string): boolean {
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const letter = text[index]
    if (inString && letter === '\\') index += 1
    else if (letter === '"') inString = !inString
    else if (inString && (letter === '\n' || letter === '\r' || letter === '\t')) return true
  }
  return false
}

/** Of a text that JSON.parse took. Keys are compared as written. */
function hasRepeatedKeys(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  for (const [token, string] of text.matchAll(/"((?:[^"\\]|\\.)*)"(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (string !== undefined) {
      const keys = open.at(-1)
      if (keys?.has(string)) return true
      keys?.add(string)
    }
  }
  return false
}

function lookUp(document: unknown, path: string): unknown {
  if (isRecord(document) && Object.hasOwn(document, path)) return document[path]
  let found = document
  for (const part of path.split('.')) found = isRecord(found) && Object.hasOwn(found, part) ? found[part] : undefined
  return found
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}
