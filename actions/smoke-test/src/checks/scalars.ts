import { parseDuration } from '@deploy-actions/core/values/duration'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { Reader, Schema } from './reader.ts'
import type { Reading, Use } from './reading.ts'

/** A text that fits the pattern, or has a variable in it, of which nobody knows the value yet. */
export function written(pattern: string): Schema {
  return { type: 'string', pattern: `^(${pattern})$|\\$\\{` }
}

const SCALAR: Schema = { type: ['string', 'number', 'boolean'] }

/** Any text; numbers and booleans count as what was written. */
export function text(wanted = 'write a text', use: Use = 'shown'): Reader<string> {
  return {
    schema: SCALAR,
    read: (tree, reading) => {
      const value = reading.text(tree, use)
      return value === undefined || value === '' ? reading.wrong(tree, wanted) : value
    },
  }
}

export const flag: Reader<boolean> = {
  schema: { anyOf: [{ type: 'boolean' }, written('true|false')] },
  read: (tree, reading) => {
    const value = reading.text(tree)
    return value === 'true' || value === 'false' ? value === 'true' : reading.wrong(tree, 'write true or false')
  },
}

/** A whole number in a range. */
export function count(range: { readonly min: number; readonly max: number }): Reader<number> {
  const wanted = `write a whole number from ${range.min} to ${range.max}`
  return {
    schema: { anyOf: [{ type: 'integer', minimum: range.min, maximum: range.max }, written('\\d+')] },
    read: (tree, reading) => {
      const value = numberIn(tree, reading)
      const fits = value !== undefined && Number.isInteger(value) && value >= range.min && value <= range.max
      return fits ? value : reading.wrong(tree, wanted)
    },
  }
}

export function number(range: { readonly min: number; readonly max: number }): Reader<number> {
  return {
    schema: { anyOf: [{ type: 'number', minimum: range.min, maximum: range.max }, written('\\d+(\\.\\d+)?')] },
    read: (tree, reading) => {
      const value = numberIn(tree, reading)
      const fits = value !== undefined && value >= range.min && value <= range.max
      return fits ? value : reading.wrong(tree, `write a number from ${range.min} to ${range.max}`)
    },
  }
}

function numberIn(tree: Tree, reading: Reading): number | undefined {
  const value = reading.text(tree)
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

/** Milliseconds. */
export const duration: Reader<number> = {
  schema: written('(\\d+(\\.\\d+)?(ms|s|m|h|d))+'),
  read: (tree, reading) => reading.parse(tree, parseDuration, 'write a time as 300ms, 5s, 2m or 1h30m'),
}

/** A time limit: none is not among the choices. */
export const timeLimit: Reader<number> = {
  schema: duration.schema,
  read: (tree, reading) => {
    const ms = duration.read(tree, reading)
    return ms === 0 ? reading.wrong(tree, 'this is no time at all; write how long to wait at most') : ms
  },
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
}
/** A body is held in memory, decoded. */
const MOST_BYTES = 100_000_000

export const bytes: Reader<number> = {
  schema: written('\\d+(\\.\\d+)? ?(B|kB|KB|MB|KiB|MiB)'),
  read: (tree, reading) => reading.parse(tree, parseBytes, 'write a size as 500kB or 2MB, 100MB at most'),
}

function parseBytes(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([kKMG]?i?B)$/.exec(text.trim()) ?? []
  const factor = UNITS[unit ?? '']
  if (amount === undefined || factor === undefined) {
    throw new InvalidValue(
      /^\d+$/.test(text)
        ? `is "${text}", a number without a unit; write ${text}B or ${text}kB`
        : 'is no size; write 500kB or 2MB',
    )
  }
  const size = Math.floor(Number(amount) * factor)
  if (size > MOST_BYTES) throw new InvalidValue('is more than 100MB, the most that is looked at')
  return size
}

export function oneOf<const Word extends string>(
  words: readonly Word[],
  wanted = `write one of ${words.join(', ')}`,
): Reader<Word> {
  return {
    // A number is what YAML makes of `version: 2`.
    schema: {
      anyOf: [
        { enum: [...words, ...words.filter(word => /^\d+(\.[1-9]\d*)?$/.test(word)).map(Number)] },
        written('(?!)'),
      ],
    },
    read: (tree, reading) => {
      const value = reading.text(tree)
      return words.find(word => word === value) ?? reading.wrong(tree, wanted)
    },
  }
}

/** A list; one alone needs none. */
export function oneOrMore<T>(item: Reader<T>, wanted: string): Reader<readonly T[]> {
  return {
    schema: { anyOf: [item.schema, { type: 'array', items: item.schema, minItems: 1 }] },
    read: (tree, reading) => {
      if (tree.kind === 'null' || (tree.kind === 'list' && tree.items.length === 0)) return reading.wrong(tree, wanted)
      const items = tree.kind === 'list' ? tree.items : [tree]
      const values = items.map(part => item.read(part, reading)).filter(value => value !== undefined)
      return values.length === items.length ? values : undefined
    },
  }
}

/** A list of texts, of which an item may be empty: arguments of a command. */
export function listOf<T>(item: Reader<T>, wanted: string): Reader<readonly T[]> {
  return {
    schema: { type: 'array', items: item.schema, minItems: 1 },
    read: (tree, reading) => {
      if (tree.kind !== 'list' || tree.items.length === 0) return reading.wrong(tree, wanted)
      const values = tree.items.map(part => item.read(part, reading)).filter(value => value !== undefined)
      return values.length === tree.items.length ? values : undefined
    },
  }
}

/** A map whose keys are the user's own. `read` is given the name too, and its place. */
export function pairsOf<T>(rules: {
  readonly names: RegExp
  readonly wantedName: string
  readonly wanted: string
  readonly schema: Schema
  readonly read: (tree: Tree, reading: Reading, name: string, at: Position) => T | undefined
}): Reader<ReadonlyMap<string, T>> {
  return {
    schema: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: rules.names.source },
      additionalProperties: rules.schema,
    },
    read: (tree, reading) => {
      if (tree.kind !== 'map' || tree.entries.length === 0) return reading.wrong(tree, rules.wanted)
      const pairs = new Map<string, T>()
      for (const { key, at, value } of tree.entries) {
        if (!rules.names.test(key)) {
          reading.mistakes.add(at, rules.wantedName)
          continue
        }
        const read = rules.read(value, reading, key, at)
        if (read !== undefined) pairs.set(key, read)
      }
      return pairs
    },
  }
}
