import { inspect } from 'node:util'

const REDACTED = '[secret]'

/** A text that cannot be printed by accident: every way to a string gives a placeholder. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Call it only where it leaves for its one destination. */
  reveal(): string {
    return this.#value
  }

  get isEmpty(): boolean {
    return this.#value === ''
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

/** A line that is shorter is too common a text: masking it would blacken the log and give it away by its absence. */
const SHORTEST_MASK = 4

/**
 * Every form in which a value may come back in some tool's output: itself, each of its lines, base64 (as a whole, and as a
 * part of a longer text at each of the three alignments), the inside of a JSON string, and URL escapes.
 */
export function maskableForms(value: string): string[] {
  const forms = new Set<string>()
  for (const text of partsOf(value)) {
    forms.add(text)
    forms.add(JSON.stringify(text).slice(1, -1))
    forms.add(encodeURIComponent(text))
    for (const form of base64Forms(text)) if (form.length >= SHORTEST_MASK) forms.add(form)
    for (const form of disguises(text)) forms.add(form)
  }
  return [...forms].sort((a, b) => b.length - a.length)
}

/** Shorter texts stand in any log by chance in these forms. */
const SHORTEST_DISGUISE = 8

/** In hexadecimal, in the other case, backwards, and as JSON within JSON. */
function disguises(text: string): string[] {
  if (text.length < SHORTEST_DISGUISE) return []
  const hex = Buffer.from(text).toString('hex')
  const inner = JSON.stringify(text).slice(1, -1)
  return [
    ...[hex, hex.toUpperCase(), text.toUpperCase(), text.toLowerCase(), [...text].reverse().join('')],
    JSON.stringify(inner).slice(1, -1),
  ]
}

/** The whole and each of its lines, as far as they are long enough. */
function partsOf(value: string): string[] {
  const parts = new Set([value, value.trim(), ...value.split(/\r?\n/).map(line => line.trim())])
  return [...parts].filter(text => text.length >= SHORTEST_MASK)
}

function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  const whole = bytes.toString('base64')
  const aligned = [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // The first and the last characters depend on the neighbours too, so they are left out.
    const start = before === 0 ? 0 : before + 1
    const clean = encoded.replace(/=+$/, '')
    return clean.slice(start, (before + bytes.length) % 3 === 0 ? undefined : -1)
  })
  return [whole, bytes.toString('base64url'), ...aligned]
}

/** Replaces every form of the given secrets in a text. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  return redactor(secrets)(text)
}

/** The same for many texts. The longest forms go first, so that none leaves a rest. */
export function redactor(secrets: Iterable<Secret>): (text: string) => string {
  const values = [...secrets].map(secret => secret.reveal())
  const forms = values.flatMap(maskableForms).sort((a, b) => b.length - a.length)
  const escaped = [...new Set(values.flatMap(partsOf))]
    .filter(text => SPECIAL.test(text))
    .sort((a, b) => b.length - a.length)
    .map(text => new RegExp((text.match(/\\+|[^\\]/gsu) ?? []).map(anyFormOf).join(''), 'g'))
  return text => {
    const clean = forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
    return escaped.reduce((rest, pattern) => rest.replace(pattern, '***'), clean)
  }
}

/** What every language leaves as it is needs no further forms. */
const SPECIAL = /[^0-9A-Za-z]/
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

/**
 * An expression for a character or a run of backslashes, however it is escaped: each language and library escapes others (PHP the slash in JSON, Go and
 * .NET also `&` and `<`, forms the space as `+`), so there is no list of whole forms.
 */
function anyFormOf(char: string): string {
  if (!SPECIAL.test(char)) return char
  // A run as a whole: each backslash by itself could be found in endless ways.
  const run = char.length
  if (char.startsWith('\\')) return `(?:\\\\u005[cC]|%5[cC]|&#(?:0*92|[xX]0*5[cC]);|\\\\){${run},${4 * run}}`
  const code = char.codePointAt(0) ?? 0
  const itself = char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  const units = Array.from({ length: char.length }, (_, index) => `\\\\{1,2}u${hex(char.charCodeAt(index), 4)}`)
  const forms = [
    // Of JSON within JSON the escape is escaped too.
    `\\\\{0,3}${itself}`,
    units.join(''),
    [...Buffer.from(char)].map(byte => `%${hex(byte, 2)}`).join(''),
    `&#(?:0*${code}|[xX]0*${hex(code, 1)});`,
    ...(ENTITIES[char] === undefined ? [] : [`&${ENTITIES[char]};`]),
    ...(char === ' ' ? ['\\+'] : []),
  ]
  return `(?:${forms.join('|')})`
}

/** In small letters or in capitals. */
function hex(number: number, digits: number): string {
  const written = number.toString(16).padStart(digits, '0')
  return written.replace(/[a-f]/g, digit => `[${digit}${digit.toUpperCase()}]`)
}
