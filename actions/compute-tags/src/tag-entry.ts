import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { nearestName } from '@deploy-actions/core/values/nearest'
import { cutFields } from './list-input.ts'
import type { Entry } from './problems.ts'
import { unexpandedProblem } from './unexpanded.ts'

/** The types in the order of their default priorities. */
export const DEFAULT_PRIORITIES = {
  schedule: 1_000,
  semver: 900,
  pep440: 900,
  match: 800,
  edge: 700,
  ref: 600,
  raw: 200,
  sha: 100,
} as const

export type TagType = keyof typeof DEFAULT_PRIORITIES
export type RefEvent = 'branch' | 'tag' | 'pr' | 'merge-group'

interface Common extends Entry {
  /** A template that says true or false. */
  readonly enable: string
  /** NaN, which compares as equal to all, when it is no number. */
  readonly priority: number
  /** Templates; undefined when the flavor's hold. */
  readonly prefix: string | undefined
  readonly suffix: string | undefined
  /** Attributes that this type does not have, or that were given twice; they are left out of account. */
  readonly oddities: readonly string[]
}

interface VersionRule {
  readonly pattern: string
  /** Stands in for the git tag. */
  readonly value: string
  readonly match: string
  /** Also takes two or four parts, and zeros in front. */
  readonly loose: boolean
}

type TypeAttributes =
  | { readonly type: 'schedule'; readonly pattern: string }
  | ({ readonly type: 'semver' } & VersionRule)
  | ({ readonly type: 'pep440' } & VersionRule)
  | { readonly type: 'match'; readonly pattern: string; readonly group: string; readonly value: string }
  /** An empty branch is the repository's default one. */
  | { readonly type: 'edge'; readonly branch: string }
  | { readonly type: 'ref'; readonly event: RefEvent }
  | { readonly type: 'raw'; readonly value: string }
  | { readonly type: 'sha'; readonly format: 'short' | 'long' }

export type TagEntry = Common & TypeAttributes

const ATTRIBUTES: Readonly<Record<TagType, readonly string[]>> = {
  schedule: ['pattern'],
  semver: ['pattern', 'value', 'match', 'loose'],
  pep440: ['pattern', 'value', 'match'],
  match: ['pattern', 'group', 'value'],
  edge: ['branch'],
  ref: ['event'],
  raw: ['value'],
  sha: ['format'],
}
const COMMON_ATTRIBUTES = ['type', 'enable', 'priority', 'prefix', 'suffix']
const TYPES = Object.keys(DEFAULT_PRIORITIES)

/** Reads an entry of `tags`. Throws InvalidValue, whose message reads on after the entry. */
export function parseTagEntry(entry: Entry): TagEntry {
  const fields = cutFields(entry.text).map((field): [string, string] => {
    // The first `=` parts key from value, unless nothing stands before it.
    const [, key, value] = /^([^=]+)=([\s\S]*)$/.exec(field) ?? [undefined, 'value', field]
    return [String(key).trim().toLowerCase(), String(value).trim()]
  })
  const attributes = new Map(fields)
  const type = tagType(attributes.get('type'))
  refuseUnexpanded(type, fields)
  const typed = typeAttributes(type, attributes)
  return {
    ...entry,
    ...typed,
    enable: attributes.get('enable') ?? 'true',
    priority: Number(attributes.get('priority') ?? DEFAULT_PRIORITIES[type]),
    prefix: attributes.get('prefix') ?? usualPrefix(typed),
    suffix: attributes.get('suffix'),
    oddities: [...repeatedAttributes(fields), ...unknownAttributes(type, [...attributes.keys()])],
  }
}

function repeatedAttributes(fields: readonly (readonly [string, string])[]): string[] {
  const names = fields.map(([name]) => name)
  return names
    .filter((name, index) => names.indexOf(name) < index)
    .map(name => `${name} is given twice; the last one holds`)
}

/** In regular expressions a `$` has a meaning of its own. */
function refuseUnexpanded(type: TagType, fields: readonly (readonly [string, string])[]): void {
  for (const [name, text] of fields) {
    if (name === 'match' || (type === 'match' && name === 'pattern')) continue
    const problem = unexpandedProblem(text, name === 'branch' ? 'name' : 'rule')
    if (problem !== undefined) throw new InvalidValue(problem)
  }
}

function usualPrefix(typed: TypeAttributes): string | undefined {
  if (typed.type === 'sha') return 'sha-'
  return typed.type === 'ref' && (typed.event === 'pr' || typed.event === 'merge-group') ? 'pr-' : undefined
}

function tagType(text: string | undefined): TagType {
  if (text === undefined) return 'raw'
  if (TYPES.includes(text)) return text as TagType
  if (text.includes(' #')) throw new InvalidValue(`has the type "${text}"; a # inside a line starts no comment`)
  const near = nearestName(text, TYPES)
  throw new InvalidValue(
    `has the unknown type "${text}"; ${near ? `did you mean ${near}?` : `there are ${TYPES.join(', ')}`}`,
  )
}

function unknownAttributes(type: TagType, given: readonly string[]): string[] {
  const known = [...COMMON_ATTRIBUTES, ...ATTRIBUTES[type]]
  return given
    .filter(name => !known.includes(name))
    .map(name => {
      const near = nearestName(name, known)
      return `type=${type} has no attribute ${name}${near ? `; did you mean ${near}?` : ''}`
    })
}

function typeAttributes(type: TagType, given: ReadonlyMap<string, string>): TypeAttributes {
  const need = (name: string, example: string) => {
    const value = given.get(name)
    if (value === undefined) throw new InvalidValue(`needs the attribute ${name}, as ${example}`)
    return value
  }
  switch (type) {
    case 'schedule':
      return { type, pattern: given.get('pattern') ?? 'nightly' }
    case 'semver':
    case 'pep440':
      return {
        type,
        pattern: need('pattern', 'pattern={{version}}'),
        value: given.get('value') ?? '',
        match: given.get('match') ?? '',
        loose: type === 'semver' && oneOf('loose', given.get('loose') ?? 'false', ['true', 'false']) === 'true',
      }
    case 'match': {
      const group = given.get('group') ?? '0'
      if (Number.isNaN(Number(group)))
        throw new InvalidValue(`has the group "${group}"; a group is a number, 0 for the whole match`)
      return { type, pattern: need('pattern', 'pattern=v(.*)'), group, value: given.get('value') ?? '' }
    }
    case 'edge':
      return { type, branch: given.get('branch') ?? '' }
    case 'ref':
      return { type, event: oneOf('event', need('event', 'event=branch'), REF_EVENTS) }
    case 'raw':
      return { type, value: need('value', 'type=raw,value=stable') }
    case 'sha':
      return { type, format: oneOf('format', given.get('format') ?? 'short', ['short', 'long']) }
  }
}

const REF_EVENTS = ['branch', 'tag', 'pr', 'merge-group'] as const

function oneOf<const Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find(choice => choice === text)
  if (found === undefined) throw new InvalidValue(`has ${name}=${text}; choose one of ${choices.join(', ')}`)
  return found
}

/** By priority, the highest first; entries of equal priority keep their order. */
export function sortEntries(entries: readonly TagEntry[]): TagEntry[] {
  return [...entries].sort((a, b) => (a.priority < b.priority ? 1 : a.priority > b.priority ? -1 : 0))
}
