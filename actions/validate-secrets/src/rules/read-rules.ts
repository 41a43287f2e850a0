import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Entry, Tree } from '@deploy-actions/core/yaml/tree'
import { readChecks } from './read-checks.ts'
import { readCondition } from './read-condition.ts'
import { readNames } from './read-option.ts'
import { readRule } from './read-rule.ts'
import type { Group, GroupKind, RemoteCheck, Rule, Rules, Store, When } from './rule.ts'

export const TOP_KEYS = ['version', 'secrets', 'vars', 'groups', 'when', 'checks', 'allow-other-names'] as const
export const GROUP_KINDS = ['one-of', 'any-of', 'all-or-none'] as const satisfies readonly GroupKind[]

/**
 * Reads a rule document. `before` are the rules of the inputs `required` and `optional`: groups and conditions may be about
 * them too. Names that rules refer to are looked at when all rules are there (`checkReferences`).
 */
export function readRules(tree: Tree, before: readonly Rule[], mistakes: Mistakes): Rules {
  const top = tree.kind === 'map' ? tree.entries : []
  if (tree.kind !== 'map' && tree.kind !== 'null') mistakes.add(tree.at, `write a map with ${TOP_KEYS.join(', ')}`)
  const entryOf = (key: (typeof TOP_KEYS)[number]) => top.find(entry => entry.key === key)
  for (const entry of top) {
    if (TOP_KEYS.some(key => key === entry.key)) continue
    if (isName(entry.key)) mistakes.add(entry.at, 'names stand below `secrets:` or `vars:`, indented')
    else mistakes.unknown(entry.at, 'key', entry.key, TOP_KEYS)
  }
  const rules = [
    ...readStore(entryOf('secrets'), 'secret', mistakes),
    ...readStore(entryOf('vars'), 'variable', mistakes),
  ]
  checkVersion(entryOf('version'), mistakes)
  const declared = new Set([...before, ...rules].map(rule => rule.name))
  return {
    rules,
    groups: readList(entryOf('groups'), readGroup, mistakes),
    when: readList(entryOf('when'), readWhen, mistakes),
    checks: readAllChecks(entryOf('checks'), declared, mistakes),
    allowOtherNames: readAllowOtherNames(entryOf('allow-other-names'), mistakes),
  }
}

function isName(key: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(key)
}

function checkVersion(entry: Entry | undefined, mistakes: Mistakes): void {
  if (entry === undefined) return
  const { value } = entry
  if (value.kind !== 'scalar' || value.value !== 1) mistakes.add(value.at, 'the version of these rules is 1')
}

/** A map of names to rules, or a plain list of names. */
function readStore(entry: Entry | undefined, store: Store, mistakes: Mistakes): Rule[] {
  if (entry === undefined) return []
  const { value } = entry
  if (value.kind === 'null') {
    mistakes.add(
      entry.at,
      `\`${entry.key}:\` is empty, so it checks nothing; name secrets or variables below it, or remove it`,
    )
    return []
  }
  if (value.kind === 'scalar') {
    mistakes.add(value.at, 'write names, each on a line of its own, as `NAME: type`')
    return []
  }
  const entries = value.kind === 'map' ? value.entries : value.items.map(entryOfItem)
  return entries.map(item => readRule(item, store, mistakes)).filter(rule => rule !== undefined)
}

/** An item of `secrets: [NAME, {NAME: type}]`. */
function entryOfItem(item: Tree): Entry {
  const single = item.kind === 'map' && item.entries.length === 1 ? item.entries[0] : undefined
  if (single !== undefined) return single
  return { key: item.kind === 'scalar' ? item.text : '', at: item.at, value: { kind: 'null', at: item.at } }
}

function readList<T>(
  entry: Entry | undefined,
  read: (item: Tree, mistakes: Mistakes) => T | undefined,
  mistakes: Mistakes,
): T[] {
  if (entry === undefined || entry.value.kind === 'null') return []
  if (entry.value.kind !== 'list') {
    mistakes.add(entry.value.at, 'write a list, each item on a line that starts with `- `')
    return []
  }
  return entry.value.items.map(item => read(item, mistakes)).filter(item => item !== undefined)
}

function readGroup(tree: Tree, mistakes: Mistakes): Group | undefined {
  const entry = tree.kind === 'map' && tree.entries.length === 1 ? tree.entries[0] : undefined
  const kind = GROUP_KINDS.find(known => known === entry?.key)
  if (entry === undefined || kind === undefined) {
    mistakes.add(
      entry?.at ?? tree.at,
      `write one of ${GROUP_KINDS.join(', ')} and the names, as \`- one-of: [NAME, NAME]\``,
    )
    return undefined
  }
  const names = readNames(entry.value, mistakes)
  if (names === undefined) return undefined
  if (names.length > 1) return { kind, names, at: entry.at }
  mistakes.add(entry.value.at, 'a group has two names at least')
  return undefined
}

function readWhen(tree: Tree, mistakes: Mistakes): When | undefined {
  if (tree.kind !== 'map') {
    mistakes.add(tree.at, 'write `- if: {NAME: value}` and `require: [NAME]`')
    return undefined
  }
  for (const { key, at } of tree.entries)
    if (key !== 'if' && key !== 'require') mistakes.unknown(at, 'key', key, ['if', 'require'])
  const [condition, require] = [entryIn(tree.entries, 'if'), entryIn(tree.entries, 'require')]
  if (condition === undefined || require === undefined) {
    mistakes.add(tree.at, 'write both `if:` and `require:`')
    return undefined
  }
  const [terms, names] = [readCondition(condition.value, mistakes), readNames(require.value, mistakes)]
  return terms && names && { condition: terms, require: names, at: condition.at }
}

function entryIn(entries: readonly Entry[], key: string): Entry | undefined {
  return entries.find(entry => entry.key === key)
}

function readAllChecks(entry: Entry | undefined, declared: ReadonlySet<string>, mistakes: Mistakes): RemoteCheck[] {
  return entry === undefined || entry.value.kind === 'null' ? [] : readChecks(entry.value, declared, mistakes)
}

function readAllowOtherNames(entry: Entry | undefined, mistakes: Mistakes): boolean {
  if (entry === undefined) return true
  const { value } = entry
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value
  mistakes.add(value.at, 'write true or false')
  return true
}

/** Looks at what needs all rules: names that stand twice, and names that nobody declared. */
export function checkReferences(rules: Rules, mistakes: Mistakes): void {
  const declared = new Map<string, Rule>()
  for (const rule of rules.rules) {
    const first = declared.get(rule.name)
    if (first === undefined) declared.set(rule.name, rule)
    else mistakes.add(rule.at, `\`${rule.name}\` has a rule already (${placeOf(first.at, rule.at)})`)
  }
  const known = [...declared.keys()]
  const check = (names: readonly string[], at: Position) => {
    for (const name of names) if (!declared.has(name)) mistakes.unknown(at, 'name', name, known)
  }
  for (const rule of rules.rules) {
    check(namesIn(rule), rule.at)
    for (const own of rule.environments.values()) check(namesIn(own), rule.at)
    check(
      (rule.requiredWhen ?? []).map(term => term.name),
      rule.at,
    )
    checkInside(rule, known, mistakes)
    if ((rule.type === 'enum' && !rule.options.enum) || (rule.type === 'pattern' && !rule.options.pattern)) {
      mistakes.add(rule.at, `the type ${rule.type} needs the key \`${rule.type}\``)
    }
  }
  for (const group of rules.groups) check(group.names, group.at)
  for (const { condition, require, at } of rules.when) check([...condition.map(term => term.name), ...require], at)
}

/** Rules inside a `.env` can refer to its own names and to those outside. */
function checkInside({ names = [] }: Rule, outside: readonly string[], mistakes: Mistakes): void {
  const known = [...names.map(({ name }) => name), ...outside]
  for (const rule of names) {
    for (const name of namesIn(rule)) if (!known.includes(name)) mistakes.unknown(rule.at, 'name', name, known)
    if ((rule.type === 'enum' && !rule.options.enum) || (rule.type === 'pattern' && !rule.options.pattern))
      mistakes.add(rule.at, `the type ${rule.type} needs the key \`${rule.type}\``)
  }
}

/** The other names that a rule refers to. */
export function namesIn({ options }: Pick<Rule, 'options'>): string[] {
  const single = [options['passphrase-from'], options['matches-public-key'], options['matches-private-key']]
  const lists = [...(options['not-equal-to'] ?? []), ...(options['not-same-database-as'] ?? [])]
  return [...lists, ...single.filter(name => name !== undefined)]
}

function placeOf(first: Position, here: Position): string {
  return first.source === here.source ? `line ${first.line}` : `${first.source}, line ${first.line}`
}
