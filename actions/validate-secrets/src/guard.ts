import { maskableForms } from '@deploy-actions/core/values/secret'
import { isCommonWord } from './not-secret.ts'
import { placeholderKind } from './placeholder.ts'
import { isCommonPassword } from './weak.ts'

/** Shorter forms stand in texts by chance, and a gap where one stood would tell it. */
const SHORTEST_FORM = 8
/** A stretch of a value that is no accident. */
const SHORTEST_PART = 12

/** What is longer may hold more than the text of a template. */
const LONGEST_PLACEHOLDER = 20

/** What every value of a format has, and messages about the format too. */
const LANDMARKS = ['ssh-ed25519 AAAA', 'scheme://user:password@host:port/database', 'openssl rand -base64 32']

const REPLACEMENT = '***'

/**
 * The last guard: finds every value, every form of one (base64, hexadecimal, URL, JSON, either case, backwards) and every
 * longer part of one in a text that is about to be written. It should never find any, since no message is made from a value;
 * it is there for the day when that is wrong.
 */
export class Guard {
  #forms: readonly string[] | undefined
  readonly #values: readonly string[]
  readonly #wholes: readonly string[]
  readonly #public: readonly string[]

  /** `publicWords` are what the rules and the run say in the open: a gap in their place would only tell which of them it is. */
  constructor(values: Iterable<string>, publicWords: Iterable<string>) {
    this.#values = [...new Set(values)].filter(value => value.trim().length >= SHORTEST_FORM && !isNoSecret(value))
    this.#wholes = this.#values.map(value => value.toLowerCase())
    this.#public = [
      ...new Set(
        [...publicWords, ...LANDMARKS].map(word => word.toLowerCase()).filter(word => word.length >= SHORTEST_FORM),
      ),
    ]
  }

  clean(text: string): string {
    if (text.length < SHORTEST_FORM) return text
    this.#forms ??= [...new Set(this.#values.flatMap(formsOf))]
    const lower = lowerCase(text)
    const starts = indexOf(lower)
    const found = [
      ...this.#forms.flatMap(form => occurrences(form, lower, starts)),
      ...this.#wholes.flatMap(whole => parts(whole, lower, starts)),
    ]
    if (found.length === 0) return text
    const open = this.#public.flatMap(word => occurrences(word, lower, starts))
    return replace(
      text,
      found.filter(range => !open.some(outer => outer.start <= range.start && range.end <= outer.end)),
    )
  }

  /** The same for each of many texts, for the price of one. */
  cleanAll(texts: readonly string[]): string[] {
    const together = this.clean(texts.join('\0')).split('\0')
    return together.length === texts.length ? together : texts.map(text => this.clean(text))
  }
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Texts that everyone knows; a gap where one stood would only tell that it was one of them. */
function isNoSecret(value: string): boolean {
  return (
    isCommonWord(value) ||
    isCommonPassword(value) ||
    ([...value].length <= LONGEST_PLACEHOLDER && placeholderKind(value) !== undefined)
  )
}

/** All in lower case, since texts are searched in lower case. */
function formsOf(value: string): string[] {
  const texts = new Set([value, value.trim(), ...value.split(/\r?\n/).map(line => line.trim())])
  const forms = maskableForms(value)
  for (const text of texts) {
    if (text.length >= SHORTEST_FORM) forms.push(Buffer.from(text).toString('hex'), [...text].reverse().join(''))
  }
  return forms.map(lowerCase).filter(form => form.length >= SHORTEST_FORM)
}

/** Letter by letter where the whole would change its length (İ), so that places stay true. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length) return lower
  return Array.from(text, letter =>
    letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter,
  ).join('')
}

type Starts = ReadonlyMap<string, readonly number[]>

/** Where each stretch of eight letters stands: one look tells whether a form can be in the text at all. */
function indexOf(text: string): Starts {
  const starts = new Map<string, number[]>()
  for (let at = 0; at + SHORTEST_FORM <= text.length; at++) {
    const stretch = text.slice(at, at + SHORTEST_FORM)
    const places = starts.get(stretch)
    if (places) places.push(at)
    else starts.set(stretch, [at])
  }
  return starts
}

function occurrences(form: string, text: string, starts: Starts): Range[] {
  const places = starts.get(form.slice(0, SHORTEST_FORM)) ?? []
  return places.filter(at => text.startsWith(form, at)).map(at => ({ start: at, end: at + form.length }))
}

/** The words of PEM's first lines stand in every key, and in what is said of keys. */
const ARMOUR = /-----|private k|public ke|certificate/

function parts(whole: string, text: string, starts: Starts): Range[] {
  const found: Range[] = []
  for (let from = 0; from + SHORTEST_PART <= whole.length; from++) {
    if (!starts.has(whole.slice(from, from + SHORTEST_FORM))) continue
    const part = whole.slice(from, from + SHORTEST_PART)
    if (!/^\s|\s$/.test(part) && !ARMOUR.test(part)) found.push(...occurrences(part, text, starts))
  }
  return found
}

function replace(text: string, ranges: readonly Range[]): string {
  let [clean, end] = ['', 0]
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    if (range.start >= end) clean += text.slice(end, range.start) + REPLACEMENT
    end = Math.max(end, range.end)
  }
  return clean + text.slice(end)
}
