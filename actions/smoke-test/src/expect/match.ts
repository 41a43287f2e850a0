import { isRecord } from '@deploy-actions/core/values/record'
import { describe, LIMITS } from './describe.ts'
import { compareNumbers, isEqual, isNumber, isPartOf, numberOf } from './equal.ts'
import type { Matcher, PatternTester, ValueType } from './matcher.ts'
import { jsonOf, type Shower, showPattern } from './show.ts'
import { commitsIn, isCommit, namesVersion } from './version.ts'

export interface Matching {
  readonly show: Shower
  readonly isMatch: PatternTester
}

/**
 * What is wrong with a value, in words that read on after its name (`is 3, not 4`; `: item 2 is …`); empty when nothing is.
 * `undefined` is a value that is not there.
 */
export function mismatches(matcher: Matcher, value: unknown, matching: Matching): string[] {
  const { show } = matching
  switch (matcher.op) {
    case 'exists':
      return value === undefined ? ['is missing'] : []
    case 'absent':
      return value === undefined ? [] : [`is there (${show.value(value)}), and must not be`]
    case 'and':
      return matcher.matchers.flatMap(part => mismatches(part, value, matching))
    case 'or':
      return or(matcher.matchers, value, matching)
    case 'not': {
      if (mismatches(matcher.matcher, value, matching).length > 0) return []
      return [`${describe(matcher.matcher, show)}, and must not`]
    }
    case 'ne':
    case 'not-in':
    case 'not-contains':
      return negative(matcher, value, matching)
    default:
      return value === undefined
        ? [`is missing (wanted: it ${describe(matcher, show)})`]
        : positive(matcher, value, matching)
  }
}

type Negative = Extract<Matcher, { op: 'ne' | 'not-in' | 'not-contains' }>
type Positive = Exclude<Matcher, Negative | { op: 'exists' | 'absent' | 'and' | 'or' | 'not' }>

function or(matchers: readonly Matcher[], value: unknown, matching: Matching): string[] {
  if (matchers.some(part => mismatches(part, value, matching).length === 0)) return []
  const wanted = matchers.map(part => describe(part, matching.show)).join(', or ')
  return [`${is(value, matching.show)} (wanted: it ${wanted})`]
}

/** What is not there is not wrong for these. */
function negative(matcher: Negative, value: unknown, { show }: Matching): string[] {
  switch (matcher.op) {
    case 'ne':
      return isEqual(value, matcher.value) ? [`is ${show.value(value)}, and must not be`] : []
    case 'not-in':
      return matcher.values.some(item => isEqual(item, value)) ? [`is ${show.value(value)}, and must not be`] : []
    case 'not-contains':
      return contains(value, matcher.value) ? [`has ${show.value(matcher.value)}, and must not`] : []
    default: {
      const never: never = matcher
      return never
    }
  }
}

function positive(matcher: Positive, value: unknown, matching: Matching): string[] {
  const { show } = matching
  switch (matcher.op) {
    case 'eq':
      return isEqual(value, matcher.value) ? [] : [differs(value, matcher.value, show)]
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return limit(matcher.op, matcher.value, value, show)
    case 'in':
      return matcher.values.some(item => isEqual(item, value))
        ? []
        : [`${is(value, show)}, none of ${show.list(matcher.values)}`]
    case 'contains':
      return contains(value, matcher.value) ? [] : [`has no ${show.value(matcher.value)}${within(value, show)}`]
    case 'starts-with':
    case 'ends-with': {
      const holds =
        typeof value === 'string' &&
        (matcher.op === 'starts-with' ? value.startsWith(matcher.text) : value.endsWith(matcher.text))
      return holds
        ? []
        : [`${is(value, show)}, which does not ${matcher.op.replace('s-', ' ')} ${show.value(matcher.text)}`]
    }
    case 'matches':
      return matches(matcher, value, matching)
    case 'version':
      return version(matcher.version, value, show)
    case 'type':
      return hasType(value, matcher.type)
        ? []
        : [`${is(value, show)}, ${TYPE_WORDS[typeOf(value)]} and not ${TYPE_WORDS[matcher.type]}`]
    case 'length': {
      const length = lengthOf(value)
      if (length === undefined) return [`${is(value, show)}, which has no length`]
      return mismatches(matcher.matcher, length, matching).map(words => `: its length ${words}`)
    }
    case 'every':
      return every(matcher.matcher, value, matching)
    case 'any': {
      if (!Array.isArray(value)) return [notAList(value, show)]
      if (value.some(item => mismatches(matcher.matcher, item, matching).length === 0)) return []
      return [`has no item that ${describe(matcher.matcher, show)}${within(value, show)}`]
    }
    default: {
      const never: never = matcher
      return never
    }
  }
}

function is(value: unknown, show: Shower): string {
  return value === undefined ? 'is missing' : `is ${show.value(value)}`
}

/** A text and a number that look alike are told apart in words. */
function differs(value: unknown, expected: unknown, show: Shower): string {
  const [got, wanted] = [show.value(value), show.value(expected)]
  // A text cannot be made of each object: one of an answer may have a `toString` of its own.
  const isNested = [value, expected].some(one => isRecord(one) || Array.isArray(one))
  if (isNested || typeOf(value) === typeOf(expected)) return `is ${got}, not ${wanted}`
  if (String(value) !== String(expected)) return `is ${got}, not ${wanted}`
  return `is ${TYPE_WORDS[typeOf(value)]}, ${got}, not ${TYPE_WORDS[typeOf(expected)]}, ${wanted}`
}

function limit(op: keyof typeof LIMITS, wanted: number | bigint | string, value: unknown, show: Shower): string[] {
  const order = orderOf(value, wanted)
  if (order === undefined) return [`${is(value, show)}, which cannot be compared with ${show.value(wanted)}`]
  const holds = { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[op]
  return holds ? [] : [`${is(value, show)}, not ${LIMITS[op]} ${show.value(wanted)}`]
}

/** Numbers by size; texts that are no numbers by their characters, so that ISO dates compare as they should. */
function orderOf(value: unknown, wanted: number | bigint | string): number | undefined {
  const [a, b] = [numberOf(value), numberOf(wanted)]
  if (a !== undefined && b !== undefined) return compareNumbers(a, b)
  if (typeof value !== 'string' || typeof wanted !== 'string') return undefined
  if (value === wanted) return 0
  return value < wanted ? -1 : 1
}

/** A part of a text, an item of a list (by its own keys when it is an object), or a key or a part of an object. */
function contains(value: unknown, part: unknown): boolean {
  if (typeof value === 'string') return !isRecord(part) && !Array.isArray(part) && value.includes(String(part))
  if (Array.isArray(value)) return value.some(item => isPartOf(part, item))
  if (!isRecord(value)) return false
  return typeof part === 'string' ? Object.hasOwn(value, part) : isRecord(part) && isPartOf(part, value)
}

/** What a value is instead, as far as it is short enough to help. */
function within(value: unknown, show: Shower): string {
  const text = jsonOf(value)
  return text.length > 200 ? '' : `: it is ${show.text(text)}`
}

function matches(
  { pattern }: { readonly pattern: { source: string; flags: string } },
  value: unknown,
  matching: Matching,
): string[] {
  const { show, isMatch } = matching
  const shown = show.text(showPattern(pattern))
  if (Array.isArray(value) || isRecord(value)) return [`${is(value, show)}, no text that ${shown} could match`]
  const text = String(value)
  const found = isMatch(pattern, text)
  if (found === true) return []
  if (found === 'late') return [`took too long to compare with ${shown}; make the expression simpler`]
  return [text.length > 200 ? `does not match ${shown}` : `${is(value, show)}, which does not match ${shown}`]
}

function version(wanted: string, value: unknown, show: Shower): string[] {
  const text = typeof value === 'string' ? value : jsonOf(value)
  if (namesVersion(text, wanted)) return []
  const others = isCommit(wanted) ? [...new Set(commitsIn(text).map(found => found.toLowerCase()))] : []
  if (others.length > 0 && others.length < 4) return [`names ${show.text(others.join(', '))}, not ${show.text(wanted)}`]
  return text.length > 200
    ? [`does not name ${show.text(wanted)}`]
    : [`${is(value, show)}, which does not name ${show.text(wanted)}`]
}

function every(matcher: Matcher, value: unknown, matching: Matching): string[] {
  if (!Array.isArray(value)) return [notAList(value, matching.show)]
  // Nothing proves nothing: the services that should be listed are not.
  if (value.length === 0) return ['has no items']
  const found: string[] = []
  for (const [index, item] of value.entries()) {
    if (found.length === MOST_ITEMS) return [...found, ': no further items were looked at']
    const [words] = mismatches(matcher, item, matching)
    if (words !== undefined) found.push(`: item ${index + 1}${words.startsWith(':') ? '' : ' '}${words}`)
  }
  return found
}

/** An answer may hold a hundred thousand wrong items, which every attempt would tell again. */
const MOST_ITEMS = 10

function notAList(value: unknown, show: Shower): string {
  return `${is(value, show)}, which is no list`
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  return isRecord(value) ? Object.keys(value).length : undefined
}

const TYPE_WORDS: Readonly<Record<ValueType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  null: 'null',
  array: 'a list',
  object: 'an object',
}

function typeOf(value: unknown): Exclude<ValueType, 'integer'> {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (isNumber(value)) return 'number'
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'object'
}

function hasType(value: unknown, type: ValueType): boolean {
  if (type === 'integer') return typeof value === 'bigint' || Number.isInteger(value)
  return typeOf(value) === type
}
