import { InvalidValue } from '../values/invalid-value.ts'

/** Names and values in their order; of two with the same name the last one counts. */
export type EnvEntries = readonly (readonly [name: string, value: string])[]

/** What Compose's parser takes for a name, but for `[ ]` and a digit in front, which no shell or `${…}` could use. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/**
 * Writes a `.env` from which Compose reads each value byte for byte, as `${NAME}` and through `env_file`.
 *
 * In 'single quotes' all is literal, but no version agrees with another about a quote or a backslash in them. Those go into
 * "double quotes" as octal escapes, which every version since 2.12 reads alike, whereas `\\` and `\"` failed in some.
 * https://github.com/compose-spec/compose-go/blob/main/dotenv/parser.go
 */
export function writeDotenv(entries: ReadonlyMap<string, string> | EnvEntries): string {
  return [...new Map(entries)].map(([name, value]) => `${checkedName(name)}=${quote(name, value)}\n`).join('')
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name
  throw new InvalidValue(
    `has the name "${name}"; write letters, digits and "_", with no digit in front ("." and "-" may follow)`,
  )
}

function quote(name: string, value: string): string {
  if (value.includes('\0')) throw new InvalidValue(`has a NUL byte in ${name}, which no environment variable can hold`)
  if (!value.isWellFormed()) throw new InvalidValue(`has in ${name} half a surrogate pair, which is not text`)
  // Outside of double quotes the parser turns CRLF into LF.
  if (!/['\\\r]/.test(value)) return `'${value}'`
  return `"${value.replace(/[\\"$\n\r]/g, character => ESCAPES[character] ?? character)}"`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\0134',
  '"': '\\0042',
  $: '$$',
  '\n': '\\n',
  '\r': '\\r',
}

/**
 * Reads lines `NAME=value` as an input has them. The value is the rest of the line to the letter (`$`, `#` and `\` too)
 * without outer white space, or without the quotes when it stands in one pair. Any other value that begins with a quote is refused: Compose
 * would read something else than what stands there. Values of several lines are written as
 * GitHub's own environment files have them: `NAME<<END`, the lines, `END`. Empty lines, `#` lines and `export ` are skipped.
 * Throws one InvalidValue with every problem; as any line may hold a secret, none is quoted.
 */
export function parseEnvLines(text: string): EnvEntries {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const entries: [string, string][] = []
  const problems: string[] = []
  const firstLines = new Map<string, number>()
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1
    const line = lines[index] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = '', operator, rest = ''] = /^\s*(?:export\s+)?([^\s=<:]+)\s*(=|<<)(.*)$/s.exec(line) ?? []
    if (operator === undefined) {
      problems.push(`line ${number} ${noAssignment(line, entries.at(-1)?.[1])}`)
      continue
    }
    if (!NAME.test(name)) {
      problems.push(`line ${number} has a name that is not made of letters, digits and "_"`)
      continue
    }
    const before = firstLines.get(name)
    if (before !== undefined) problems.push(`line ${number} sets ${name} again, which line ${before} sets`)
    firstLines.set(name, number)
    if (operator === '=') {
      const value = unquote(rest.trim())
      if (value === undefined) {
        problems.push(
          `line ${number} begins the value of ${name} with a quote, and not one pair encloses the whole value; leave the quotes out, or write NAME<<END, the value, END, or use \`env-json\` or \`env-names\``,
        )
      }
      entries.push([name, value ?? ''])
      continue
    }
    const end = lines.findIndex((candidate, at) => at > index && candidate.trim() === rest.trim())
    if (rest.trim() === '' || end < 0) {
      problems.push(`line ${number} opens ${name}<<, but no later line closes it`)
      break
    }
    entries.push([name, lines.slice(index + 1, end).join('\n')])
    index = end
  }
  if (problems.length > 0) throw new InvalidValue(`is wrong: ${problems.join('; ')}`)
  return entries
}

/**
 * Reads one JSON object of names and texts, in which a text can have any characters. A number is refused, as JSON's parser rounds long ones.
 * Throws one InvalidValue with every problem; as any part may hold a secret, no value is quoted, nor the parser's message.
 */
export function parseEnvJson(text: string): EnvEntries {
  if (text.trim() === '') return []
  const object = parsedObject(text)
  if (object === undefined) {
    throw new InvalidValue(
      'is not one JSON object; write {"NAME": "value"}, in a workflow {"NAME": ${{ toJSON(secrets.NAME) }}} without quotes around the expression',
    )
  }
  const problems: string[] = []
  const entries = Object.entries(object).map(([name, value], index): [string, string] => {
    if (!NAME.test(name)) problems.push(`key ${index + 1} is not a name made of letters, digits and "_"`)
    // What toJSON makes of a secret that nobody has set.
    else if (value === null) problems.push(`${name} is null: set that secret, or write \`secrets.${name} || ''\``)
    else if (typeof value !== 'string') problems.push(`${name} is not a text in quotes`)
    return [name, String(value)]
  })
  if (problems.length > 0) throw new InvalidValue(`is wrong: ${problems.join('; ')}`)
  return entries
}

function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Undefined for a value with quotes that nobody reads in the same way. */
function unquote(value: string): string | undefined {
  if (!/^["']/.test(value)) return value
  return /^"([^"]*)(?<!\\)"$|^'([^']*)'$/s.exec(value)?.slice(1).join('')
}

function noAssignment(line: string, valueBefore: string | undefined): string {
  if (valueBefore?.startsWith('-----BEGIN')) {
    return 'goes on with a value of several lines; write NAME<<END, the value, END, or use `env-json` or `env-names`'
  }
  if (/^\s*[A-Za-z_]\w*\s*:(\s|$)/.test(line)) return 'has ":" for "="; write NAME=value'
  return 'is not NAME=value; a value of several lines is written as NAME<<END, the value, END, or set with `env-json` or `env-names`'
}
