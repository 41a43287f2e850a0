import { type Mistake, Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import { parseYaml, type YamlSource } from '@deploy-actions/core/yaml/tree'
import type { Inputs, ListName } from './inputs.ts'
import { LISTS } from './inputs.ts'
import { looksLikeValue } from './rules/name.ts'
import { checkReferences, readRules } from './rules/read-rules.ts'
import { type Rule, type Rules, withInner } from './rules/rule.ts'
import { readShortForm } from './rules/short-form.ts'

const NO_FILE = 'this file is not in the workspace; correct its path, and check the repository out in an earlier step'

const NO_RULES: Rules = { rules: [], groups: [], when: [], checks: [], allowOtherNames: true }

export interface LoadedRules {
  readonly rules: Rules
  readonly mistakes: readonly Mistake[]
  readonly notices: readonly Mistake[]
}

/** The rules of all inputs together, or what is wrong in them. `rulesFile` is the text of the file that `rules-file` names, undefined when it is missing. */
export async function loadRules(
  inputs: Pick<Inputs, 'lists' | 'rules' | 'rulesFile'>,
  rulesFile: string | undefined,
  known: KnownValues = NOTHING_KNOWN,
): Promise<LoadedRules> {
  const mistakes = new Mistakes()
  const names = Object.keys(LISTS) as ListName[]
  let all = NO_RULES
  for (const name of names) {
    const text = inputs.lists[name]
    const before = mistakes.list.length
    const rules = readShortForm(name, text, LISTS[name], mistakes)
    if (text.trim() !== '' && rules.length === 0 && mistakes.list.length === before)
      mistakes.add(
        startOf({ name, isFile: false }),
        'names nothing, so it checks nothing; name a secret or variable, or remove it',
      )
    all = join(all, { ...NO_RULES, rules })
  }
  const sources: YamlSource[] = [{ name: 'rules', isFile: false, text: inputs.rules }]
  if (rulesFile !== undefined) sources.push({ name: inputs.rulesFile, isFile: true, text: rulesFile })
  // The path is not quoted: a secret may have been pasted into the wrong input.
  else mistakes.add(startOf({ name: 'rules-file', isFile: false }), NO_FILE)
  for (const source of sources) {
    if (source.text.trim() === '' && !(source.isFile && source.name !== '')) continue
    const before = mistakes.list.length
    const tree = await parseYaml(source, mistakes)
    const read = tree === undefined ? NO_RULES : readRules(tree, all.rules, mistakes)
    if (mistakes.list.length === before && isEmpty(read))
      mistakes.add(startOf(source), 'names nothing, so it checks nothing; name secrets below `secrets:`, or remove it')
    all = join(all, read)
  }
  refuseValues(all, known, mistakes)
  // What was misread would be missed here a second time.
  if (mistakes.list.length === 0) checkReferences(all, mistakes)
  return { rules: all, mistakes: mistakes.list, notices: mistakes.notices }
}

/** A list that was commented out would stay green for ever. */
function isEmpty({ rules, groups, when, checks, allowOtherNames }: Rules): boolean {
  return [rules, groups, when, checks].every(list => list.length === 0) && allowOtherNames
}

function startOf({ name, isFile }: Pick<YamlSource, 'name' | 'isFile'>): Position {
  return { source: name, isFile, line: 1, column: 1 }
}

/** What is known of the values before the rules are read. */
export interface KnownValues {
  /** Whether the step was given something by this name. */
  isPassed(name: string): boolean
  /** Whether this text is the value of another name. */
  isValue(text: string): boolean
}

const NOTHING_KNOWN: KnownValues = { isPassed: () => false, isValue: () => false }

/** A value in the place of a name (`required: ${{ secrets.A }}`) would be printed as one. */
function refuseValues({ rules }: Rules, known: KnownValues, mistakes: Mistakes): void {
  for (const { name, at } of rules) {
    if (known.isPassed(name) || !(known.isValue(name) || looksLikeValue(name))) continue
    mistakes.add(
      at,
      'this looks like a value; write the name of the secret, in capitals, as `DATABASE_PASSWORD`, and pass its value by `env:`',
    )
  }
}

function join(a: Rules, b: Rules): Rules {
  return {
    rules: [...a.rules, ...b.rules],
    groups: [...a.groups, ...b.groups],
    when: [...a.when, ...b.when],
    checks: [...a.checks, ...b.checks],
    allowOtherNames: a.allowOtherNames && b.allowOtherNames,
  }
}

/** What the rules say in the open, but for what is a secret's value all the same. */
export function publicWordsOf({ rules }: Rules, secrets: ReadonlySet<string>): string[] {
  const all = withInner(rules)
  const names = all.flatMap(({ name, at }) => [name, at.source])
  return [...names, ...wordsOfRules(all).filter(word => !secrets.has(word))]
}

function wordsOfRules(rules: Rules['rules']): string[] {
  return rules.flatMap(({ options, environments }: Rule) => {
    const all = [options, ...[...environments.values()].map(own => own.options)]
    return all.flatMap(wordsOf)
  })
}

function wordsOf(options: Rule['options']): string[] {
  const lists = [
    options.enum,
    options.schemes,
    options.hosts,
    options.registry,
    options.algorithms,
    options['starts-with'],
    options['ends-with'],
    options['required-keys'],
  ]
  const single = [options.prefix, options.host, options.description, options.docs]
  return [...lists.flatMap(list => list ?? []), ...single.filter(text => text !== undefined)]
}
