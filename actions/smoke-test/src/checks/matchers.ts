import type { Tree } from '@deploy-actions/core/yaml/tree'
import { numberOf } from '../expect/equal.ts'
import { type Matcher, type Pattern, VALUE_TYPES } from '../expect/matcher.ts'
import { parsePattern, problemOfPattern } from '../expect/pattern.ts'
import { MATCHER_HINTS, MATCHER_NAMES, type MatcherName } from './matcher-vocabulary.ts'
import { knownName, type Reader } from './reader.ts'
import type { Reading } from './reading.ts'
import { flag, oneOf } from './scalars.ts'

export interface MatcherRules {
  /** What is looked at: in JSON, 1 and "1" differ; a header is a text always. `texts` are a list of them, as the names of a certificate. */
  readonly of: 'json' | 'text' | 'texts' | 'number'
  /** What a bare value means. */
  readonly bare: 'eq' | 'contains' | 'gte'
  /** What a bare list means: itself, that each of its items is contained, or that the value is one of them. */
  readonly list: 'eq' | 'all' | 'in'
}

export const IN_JSON: MatcherRules = { of: 'json', bare: 'eq', list: 'eq' }
/** A body, an output, a header. */
export const IN_TEXT: MatcherRules = { of: 'text', bare: 'eq', list: 'all' }
/** A text of which nobody writes the whole. */
export const AS_PART: MatcherRules = { of: 'text', bare: 'contains', list: 'all' }
export const IN_NAMES: MatcherRules = { of: 'texts', bare: 'contains', list: 'all' }
export const AT_LEAST: MatcherRules = { of: 'number', bare: 'gte', list: 'in' }
export const AS_NUMBER: MatcherRules = { of: 'number', bare: 'eq', list: 'in' }

export function matcher(rules: MatcherRules): Reader<Matcher> {
  return {
    schema: { $ref: `#/definitions/${rules.of === 'texts' ? 'text' : rules.of}-matcher` },
    read: (tree, reading) => readMatcher(tree, reading, rules),
  }
}

export function readMatcher(tree: Tree, reading: Reading, rules: MatcherRules): Matcher | undefined {
  if (tree.kind === 'map') return readOps(tree, reading, rules)
  if (tree.kind === 'list' && rules.list === 'in') return readValues('in', tree, reading, rules)
  if (tree.kind === 'list' && rules.list === 'all') {
    return tree.items.length === 0
      ? reading.wrong(tree, 'this list is empty, so that nothing is looked for')
      : all(tree.items, reading, { ...rules, bare: 'contains' }, 'and')
  }
  return readBare(tree, reading, rules)
}

const EMPTY_PART = 'every text has an empty one in it, so that nothing is looked for'

function readBare(tree: Tree, reading: Reading, rules: MatcherRules): Matcher | undefined {
  if (tree.kind === 'null' && rules.of !== 'json') return reading.wrong(tree, 'write what it should be')
  const pattern = tree.kind === 'scalar' && typeof tree.value === 'string' ? parsePattern(tree.value) : undefined
  if (pattern !== undefined) {
    const read = readPattern(tree, pattern, reading, '; for the text itself, such as a path, write { eq: … }')
    if (read === undefined) return undefined
    const matches: Matcher = { op: 'matches', pattern: read }
    return rules.of === 'texts' ? { op: 'any', matcher: matches } : matches
  }
  const value = readValue(tree, reading, rules)
  if (value === undefined) return undefined
  if (value === '' && rules.bare === 'contains') return reading.wrong(tree, EMPTY_PART)
  return rules.bare === 'gte' && isLimit(value)
    ? { op: 'gte', value }
    : { op: rules.bare === 'gte' ? 'eq' : rules.bare, value }
}

function readOps(tree: Tree & { kind: 'map' }, reading: Reading, rules: MatcherRules): Matcher | undefined {
  const matchers = tree.entries.map(({ key, at, value }) => {
    const op = MATCHER_NAMES.find(name => name === knownName(key, MATCHER_NAMES))
    if (op !== undefined) return readOp(op, value, reading, rules)
    reading.mistakes.unknown(
      at,
      'matcher',
      key,
      MATCHER_NAMES,
      MATCHER_HINTS[knownName(key, Object.keys(MATCHER_HINTS)) ?? ''],
    )
    return undefined
  })
  if (matchers.length === 0) return reading.wrong(tree, `write a matcher: ${MATCHER_NAMES.join(', ')}`)
  const read = matchers.filter(part => part !== undefined)
  if (read.length < matchers.length) return undefined
  const [only] = read
  return read.length === 1 ? only : { op: 'and', matchers: read }
}

function readOp(op: MatcherName, tree: Tree, reading: Reading, rules: MatcherRules): Matcher | undefined {
  switch (op) {
    case 'eq':
    case 'ne':
    case 'contains':
    case 'not-contains': {
      const value = readValue(tree, reading, rules)
      if (value === '' && op.endsWith('contains')) return reading.wrong(tree, EMPTY_PART)
      return value === undefined ? undefined : { op, value }
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const value = readValue(tree, reading, rules.of === 'number' ? rules : IN_JSON)
      return isLimit(value) ? { op, value } : reading.wrong(tree, 'write a number, or a text to compare with')
    }
    case 'in':
    case 'not-in':
      return tree.kind === 'list' ? readValues(op, tree, reading, rules) : reading.wrong(tree, 'write a list of values')
    case 'starts-with':
    case 'ends-with': {
      const text = reading.text(tree)
      return text ? { op, text } : reading.wrong(tree, 'write a text')
    }
    case 'matches': {
      if (tree.kind !== 'scalar' || tree.text === '')
        return reading.wrong(tree, 'write a regular expression, as /re/ or in quotes')
      const pattern = readPattern(tree, parsePattern(tree.text) ?? { source: tree.text, flags: '' }, reading)
      return pattern && { op, pattern }
    }
    case 'version': {
      const version = reading.text(tree)?.trim()
      return version ? { op, version } : reading.wrong(tree, 'write a version or a commit')
    }
    case 'exists':
    case 'absent': {
      const value = flag.read(tree, reading)
      return value === undefined ? undefined : { op: value === (op === 'exists') ? 'exists' : 'absent' }
    }
    case 'type': {
      // YAML's null is no text.
      const type = tree.kind === 'null' ? 'null' : oneOf(VALUE_TYPES).read(tree, reading)
      return type && { op, type }
    }
    case 'length':
      return inner(op, readMatcher(tree, reading, AS_NUMBER))
    case 'every':
    case 'any':
    case 'not':
      return inner(op, readMatcher(tree, reading, itemsOf(rules)))
    case 'and':
    case 'or':
      return tree.kind === 'list' && tree.items.length > 0
        ? all(tree.items, reading, rules, op)
        : reading.wrong(tree, 'write a list of matchers')
    default: {
      const never: never = op
      return never
    }
  }
}

function itemsOf(rules: MatcherRules): MatcherRules {
  return rules.of === 'texts' ? IN_TEXT : rules
}

function inner(op: 'length' | 'every' | 'any' | 'not', matcher: Matcher | undefined): Matcher | undefined {
  return matcher && { op, matcher }
}

function all(items: readonly Tree[], reading: Reading, rules: MatcherRules, op: 'and' | 'or'): Matcher | undefined {
  const matchers = items.map(item => readMatcher(item, reading, rules)).filter(part => part !== undefined)
  return matchers.length === items.length ? { op, matchers } : undefined
}

function readValues(
  op: 'in' | 'not-in',
  tree: Tree & { kind: 'list' },
  reading: Reading,
  rules: MatcherRules,
): Matcher | undefined {
  const values = tree.items.map(item => readValue(item, reading, rules))
  return values.includes(undefined) ? undefined : { op, values }
}

export function readPattern(tree: Tree, { source, flags }: Pattern, reading: Reading, hint = ''): Pattern | undefined {
  const filled = reading.fill(tree, source, 'pattern')
  if (filled === undefined) return undefined
  const pattern = { source: filled, flags }
  const problem = problemOfPattern(pattern)
  return problem === undefined ? pattern : reading.wrong(tree, `this ${problem}${hint}`)
}

function readValue(tree: Tree, reading: Reading, rules: MatcherRules): unknown {
  if (rules.of === 'json') return readJson(tree, reading)
  const text = reading.text(tree)
  if (rules.of !== 'number') return text ?? reading.wrong(tree, 'write a text')
  return numberOf(text) ?? reading.wrong(tree, 'write a number')
}

/** A value of JSON as it is written in YAML, with its variables filled in. Whole numbers of any size are exact. */
export function readJson(tree: Tree, reading: Reading, use: 'shown' | 'hidden' = 'shown'): unknown {
  switch (tree.kind) {
    case 'null':
      return null
    case 'scalar': {
      const { value, text } = tree
      if (typeof value === 'string') return reading.text(tree, use)
      return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) ? BigInt(text) : value
    }
    case 'list': {
      const items = tree.items.map(item => readJson(item, reading, use))
      return items.includes(undefined) ? undefined : items
    }
    case 'map': {
      const entries = tree.entries.map(({ key, value }) => [key, readJson(value, reading, use)] as const)
      return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries)
    }
    default: {
      const never: never = tree
      return never
    }
  }
}

function isLimit(value: unknown): value is number | bigint | string {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
}
