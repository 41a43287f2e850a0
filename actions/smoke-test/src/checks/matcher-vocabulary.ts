import { VALUE_TYPES } from '../expect/matcher.ts'
import { type Schema, spellings } from './reader.ts'
import { flag, oneOf, written } from './scalars.ts'

/** Every matcher, with what it holds for. */
export const MATCHERS = {
  eq: 'is this',
  ne: 'is not this',
  gt: 'is more than this number (or later than this text)',
  gte: 'is at least this',
  lt: 'is less than this',
  lte: 'is at most this',
  in: 'is one of this list',
  'not-in': 'is none of this list',
  contains: 'a text has this part; a list has this item; an object has this key, or these keys and values',
  'not-contains': 'the opposite of `contains`',
  matches: 'this regular expression is found in it, as `/re/flags` or the expression alone',
  'starts-with': 'a text starts with this',
  'ends-with': 'a text ends with this',
  version:
    'names this version or commit: a commit by its first seven characters or more, a version with or without `v`',
  exists: '`true`: is there, whatever it is',
  absent: '`true`: is not there',
  type: `is of this type: ${VALUE_TYPES.join(', ')}`,
  length: 'the number of characters, items or keys is this (a number or a matcher)',
  every: 'a list has items, and this holds for each',
  any: 'this holds for one item of a list at least',
  not: 'this does not hold',
  and: 'all of this list hold',
  or: 'one of this list holds',
} as const
export type MatcherName = keyof typeof MATCHERS
export const MATCHER_NAMES = Object.keys(MATCHERS) as MatcherName[]

/** Words that other tools have for ours: only ever a hint. */
export const MATCHER_HINTS: Readonly<Record<string, MatcherName>> = {
  equals: 'eq',
  equal: 'eq',
  is: 'eq',
  regex: 'matches',
  match: 'matches',
  pattern: 'matches',
  includes: 'contains',
  include: 'contains',
  has: 'contains',
  min: 'gte',
  max: 'lte',
  ge: 'gte',
  le: 'lte',
  size: 'length',
  count: 'length',
  len: 'length',
  all: 'every',
  each: 'every',
  some: 'any',
  'have-prefix': 'starts-with',
  'have-suffix': 'ends-with',
  'not-equal': 'ne',
}

const TEXT: Schema = { type: ['string', 'number', 'boolean'] }
const NUMBER: Schema = { anyOf: [{ type: 'number' }, written('-?\\d+(\\.\\d+)?')] }

/** The definitions that the schemas of the matchers refer to. */
export function matcherDefinitions(): Readonly<Record<string, Schema>> {
  const [text, json, number] = ['text', 'json', 'number'].map(of => ({ $ref: `#/definitions/${of}-matcher` }))
  return {
    'text-matcher': { anyOf: [TEXT, { type: 'array', items: text, minItems: 1 }, opsSchema(TEXT, text)] },
    'json-matcher': { anyOf: [{ type: ['string', 'number', 'boolean', 'null', 'array'] }, opsSchema({}, json)] },
    'number-matcher': {
      anyOf: [
        NUMBER,
        { type: 'string', pattern: '^/.+/[a-z]*$' },
        { type: 'array', items: NUMBER },
        opsSchema(NUMBER, number),
      ],
    },
  }
}

function opsSchema(value: Schema, matcher: Schema = {}): Schema {
  const limit = value === NUMBER ? NUMBER : { type: ['string', 'number'] }
  const values = { type: 'array', items: value }
  const several = { type: 'array', items: matcher, minItems: 1 }
  const schemas: Readonly<Record<MatcherName, Schema>> = {
    eq: value,
    ne: value,
    gt: limit,
    gte: limit,
    lt: limit,
    lte: limit,
    in: values,
    'not-in': values,
    contains: value,
    'not-contains': value,
    matches: TEXT,
    'starts-with': TEXT,
    'ends-with': TEXT,
    version: TEXT,
    exists: flag.schema,
    absent: flag.schema,
    type: { anyOf: [oneOf(VALUE_TYPES).schema, { type: 'null' }] },
    length: { $ref: '#/definitions/number-matcher' },
    every: matcher,
    any: matcher,
    not: matcher,
    and: several,
    or: several,
  }
  return {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(MATCHER_NAMES.map(op => [op, { ...schemas[op], description: MATCHERS[op] }])),
    patternProperties: Object.fromEntries(
      MATCHER_NAMES.filter(op => op.includes('-')).map(op => [`^(${spellings(op).slice(1).join('|')})$`, schemas[op]]),
    ),
  }
}
