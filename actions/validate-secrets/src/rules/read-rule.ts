import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Entry, Tree } from '@deploy-actions/core/yaml/tree'
import { checkName } from './name.ts'
import { readCondition } from './read-condition.ts'
import { readOption, textOf } from './read-option.ts'
import type { Condition, EnvironmentRule, Rule, Store } from './rule.ts'
import {
  FOREIGN_TYPE_NAMES,
  KEY_ALIASES,
  KEY_NAMES,
  KEYS,
  type KeyName,
  type Options,
  TYPE_NAMES,
  type TypeName,
  typeTakes,
} from './vocabulary.ts'

const OWN_SHAPE = ['type', 'required-when', 'environments', 'names'] as const

/** One entry of `secrets:` or `vars:`; undefined when nothing can be made of it. */
export function readRule(entry: Entry, store: Store, mistakes: Mistakes): Rule | undefined {
  if (!checkName(entry.key, entry.at, mistakes)) return undefined
  const { type, options, requiredWhen, environments, names } = readBody(entry.value, store, mistakes)
  const rule: Rule = {
    name: entry.key,
    store,
    type: type ?? 'text',
    options,
    ...(requiredWhen && { requiredWhen }),
    ...(names && { names }),
    environments,
    at: entry.at,
  }
  return rule
}

interface Body {
  type?: TypeName
  options: Options
  requiredWhen?: Condition
  names?: readonly Rule[]
  environments: ReadonlyMap<string, EnvironmentRule>
}

/** `NAME:` alone, `NAME: type`, or `NAME: {…}`. */
function readBody(tree: Tree, store: Store, mistakes: Mistakes): Body {
  const body: Body = { options: {}, environments: new Map() }
  if (tree.kind === 'null') return body
  if (tree.kind === 'scalar') {
    const type = readType(tree, mistakes)
    return type === undefined ? body : { ...body, type }
  }
  if (tree.kind === 'list') {
    mistakes.add(tree.at, 'write a type, or a map of keys such as {type: url}')
    return body
  }
  const whole = readMap(tree.entries, undefined, mistakes)
  const inner = tree.entries.find(entry => entry.key === 'names')
  if (inner === undefined) return whole
  if (whole.type !== 'dotenv') mistakes.add(inner.at, '`names` does nothing for this type; it belongs to dotenv')
  return { ...whole, names: readNamesInside(inner.value, store, mistakes) }
}

/** The rules for the names in a `.env`: a map of names to rules, as below `secrets:`. */
function readNamesInside(tree: Tree, store: Store, mistakes: Mistakes): Rule[] {
  if (tree.kind === 'map' && tree.entries.length > 0)
    return tree.entries.map(entry => readRule(entry, store, mistakes)).filter(rule => rule !== undefined)
  mistakes.add(tree.at, 'write a map of names to rules, as {JWT_SECRET: {min-length: 32}}')
  return []
}

function readMap(entries: readonly Entry[], typeOutside: TypeName | undefined, mistakes: Mistakes): Body {
  const body: Body = { options: {}, environments: new Map() }
  const found = new Map<KeyName, Entry>()
  for (const entry of entries) {
    const key = KEY_ALIASES[entry.key] ?? entry.key
    if (key !== entry.key) mistakes.alias(entry.at, entry.key, key)
    if (key === 'type') {
      const type = readType(entry.value, mistakes)
      if (type !== undefined) body.type = type
    } else if (key === 'required-when' && typeOutside === undefined) {
      const condition = readCondition(entry.value, mistakes)
      if (condition !== undefined) body.requiredWhen = condition
    } else if (key === 'environments' && typeOutside === undefined) {
      body.environments = readEnvironments(entry.value, body.type, entries, mistakes)
    } else if (key === 'names' && typeOutside === undefined) {
      // It is read with the whole rule.
    } else if (isKeyName(key)) {
      found.set(key, entry)
    } else {
      mistakes.unknown(
        entry.at,
        'key',
        entry.key,
        typeOutside === undefined ? [...OWN_SHAPE, ...KEY_NAMES] : ['type', ...KEY_NAMES],
      )
    }
  }
  body.options = readOptions(found, body.type ?? typeOutside ?? 'text', mistakes)
  return body
}

function readOptions(found: ReadonlyMap<KeyName, Entry>, type: TypeName, mistakes: Mistakes): Options {
  const options: Record<string, unknown> = {}
  const decoded = found.get('decoded-type')
  const decodedType = decoded && TYPE_NAMES.find(name => name === textOf(decoded.value))
  for (const [key, entry] of found) {
    if (!typeTakes(type, key, decodedType)) {
      const types = KEYS[key].types
      mistakes.add(entry.at, `\`${key}\` does nothing for the type ${type}; it belongs to ${[...types].join(', ')}`)
      continue
    }
    const value = readOption(KEYS[key].kind, entry.value, mistakes)
    if (value !== undefined) options[key] = value
  }
  return options
}

function readEnvironments(
  tree: Tree,
  type: TypeName | undefined,
  siblings: readonly Entry[],
  mistakes: Mistakes,
): ReadonlyMap<string, EnvironmentRule> {
  const environments = new Map<string, EnvironmentRule>()
  if (tree.kind !== 'map') {
    mistakes.add(tree.at, 'write a map from environments to keys, as {production: {required: true}}')
    return environments
  }
  // `environments` may stand before `type`.
  const later = siblings.find(entry => (KEY_ALIASES[entry.key] ?? entry.key) === 'type')
  const typeOutside = type ?? (later && TYPE_NAMES.find(name => name === textOf(later.value))) ?? 'text'
  for (const { key, at, value } of tree.entries) {
    const twin = [...environments.keys()].find(known => known.toLowerCase() === key.toLowerCase())
    if (twin !== undefined)
      mistakes.add(at, `the environment \`${twin}\` has keys here already; GitHub compares these names without case`)
    if (value.kind !== 'map') {
      mistakes.add(value.at, 'write a map of keys, as {required: true}')
      continue
    }
    const { type: ownType, options } = readMap(value.entries, typeOutside, mistakes)
    environments.set(key, ownType === undefined ? { options } : { type: ownType, options })
  }
  return environments
}

function readType(tree: Tree, mistakes: Mistakes): TypeName | undefined {
  const text = textOf(tree)
  if (text !== undefined) return parseType(text, tree, mistakes)
  mistakes.add(tree.at, `write one of the types ${TYPE_NAMES.join(', ')}`)
  return undefined
}

/** Undefined, and a mistake, when it is no type. */
export function parseType(text: string, place: Pick<Tree, 'at'>, mistakes: Mistakes): TypeName | undefined {
  const type = TYPE_NAMES.find(name => name === text)
  if (type === undefined) mistakes.unknown(place.at, 'type', text, TYPE_NAMES, FOREIGN_TYPE_NAMES[text.toLowerCase()])
  return type
}

function isKeyName(key: string): key is KeyName {
  return Object.hasOwn(KEYS, key)
}
