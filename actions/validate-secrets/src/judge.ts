import { groupProblems, holds, isRequired, type RequiredBy } from './conditions.ts'
import { databaseOf } from './formats/database-url.ts'
import { readDotenv } from './formats/dotenv.ts'
import type { Facts } from './formats/format.ts'
import { FORMATS, isOneLine } from './formats/formats.ts'
import { type PublicWords, publicity } from './not-secret.ts'
import { isBlank, pasteFlaws } from './paste.ts'
import { type Flaw, flaw, type Problem } from './problem.ts'
import { inEnvironment, type Rule, type Rules, severityOf } from './rules/rule.ts'
import { templateFlaws, weakParts } from './template-flaws.ts'
import { textFlaws, weakFlaws } from './text-rules.ts'
import type { Values } from './values.ts'

export interface Surroundings {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The GitHub environment that the values are of; '' for none. */
  readonly environment: string
  readonly words: PublicWords
}

/** What came out for one name. */
export interface Verdict {
  readonly rule: Rule
  readonly required: boolean
  readonly present: boolean
  readonly problems: readonly Problem[]
}

export interface Judgement {
  readonly verdicts: readonly Verdict[]
  /** Problems of several names together. */
  readonly shared: readonly Problem[]
}

/** Holds every value against its rule. Nothing is printed and nothing leaves this process. */
export async function judge(rules: Rules, values: Values, surroundings: Surroundings): Promise<Judgement> {
  const own = rules.rules.map(rule =>
    withNamesIn(inEnvironment(rule, surroundings.environment), surroundings.environment),
  )
  const stores = new Map(own.map(rule => [rule.name, rule.store]))
  const valueFor = (name: string) => values.valueFor(name, stores.get(name) ?? 'secret')
  const facts: Facts = { now: surroundings.now, valueFor }
  const verdicts: Verdict[] = []
  for (const rule of own) {
    const value = valueFor(rule.name)
    const required = isRequired(rule, rules, valueFor)
    const flaws = value === '' ? missing(required) : await flawsOf(value, rule, facts, surroundings.words)
    const problems = flaws.map(
      (found): Problem => ({ ...found, names: [rule.name], severity: severity(found, rule), at: rule.at }),
    )
    verdicts.push({ rule, required: required !== undefined, present: !isBlank(value), problems })
  }
  return { verdicts, shared: [...groupProblems(rules.groups, valueFor), ...otherNames(rules, values)] }
}

function withNamesIn(rule: Rule, environment: string): Rule {
  return rule.names === undefined
    ? rule
    : { ...rule, names: rule.names.map(inner => inEnvironment(inner, environment)) }
}

function severity(found: Flaw, rule: Rule): Problem['severity'] {
  return found.severity ?? severityOf(rule)
}

function missing(required: RequiredBy | undefined): Flaw[] {
  if (required === undefined) return []
  return [flaw('missing', required.condition === undefined ? 'is not set' : `is not set, and ${required.condition}`)]
}

async function flawsOf(value: string, rule: Rule, facts: Facts, words: PublicWords): Promise<Flaw[]> {
  const { name, type, options, store } = rule
  if (options.forbidden) return [flaw('forbidden', 'is set, and must not be', 'Remove it.')]
  if (isBlank(value)) return [flaw('blank', 'is set, but to nothing that can be seen')]
  const pasted = pasteFlaws(value, name, type)
  if (pasted.some(found => found.code === 'format' && found.severity === undefined)) return pasted
  const templates = templateFlaws(value, rule)
  if (templates.some(found => found.severity === undefined)) return [...pasted, ...templates]
  // White space at an end has been told; what else is wrong shows without it.
  const clean = isOneLine(type) ? value.trim() : value
  const own = [...(await formatFlaws(clean, rule, facts)), ...textFlaws(clean, options)]
  const same = (options['not-equal-to'] ?? []).filter(other => facts.valueFor(other) === value)
  const shared = sameDatabases(value, options['not-same-database-as'] ?? [], facts)
  const found = [
    ...pasted,
    ...templates,
    ...own,
    ...shared,
    ...same.map(other => flaw('forbidden', `has the same value as \`${other}\``, 'Give each its own.')),
  ]
  if (own.length === 0 && type === 'dotenv') found.push(...(await flawsInside(clean, rule, facts, words)))
  if (own.length === 0) found.push(...weakFlaws(clean, rule, words.repository), ...weakParts(clean, rule))
  const isPublic = found.length === 0 && store === 'secret' && !options['allow-public']
  return isPublic ? publicFlaws(clean, rule, words) : found
}

function sameDatabases(value: string, names: readonly string[], { valueFor }: Facts): Flaw[] {
  const own = databaseOf(value)
  const same = names.filter(name => own !== undefined && databaseOf(valueFor(name)) === own)
  return same.map(name => flaw('forbidden', `leads to the same database as \`${name}\``, 'Give each its own.'))
}

/** Holds the names in a `.env` against their rules. They stand in the rules, so they can be told. */
async function flawsInside(text: string, { names = [] }: Rule, facts: Facts, words: PublicWords): Promise<Flaw[]> {
  const { entries } = readDotenv(text)
  const inside: Facts = { ...facts, valueFor: name => entries.get(name) || facts.valueFor(name) }
  const flaws = names.map(async (rule): Promise<Flaw[]> => {
    const value = entries.get(rule.name) ?? ''
    const isRequired = rule.requiredWhen ? holds(rule.requiredWhen, inside.valueFor) : (rule.options.required ?? true)
    if (value === '') return isRequired && !rule.options.forbidden ? [flaw('missing', `lacks \`${rule.name}\``)] : []
    const found = await flawsOf(value, rule, inside, words)
    return found
      .filter(({ code }) => code !== 'not-secret')
      .map(each => ({ ...each, severity: severity(each, rule), text: `has \`${rule.name}\`, which ${each.text}` }))
  })
  return (await Promise.all(flaws)).flat()
}

/** What a library throws may quote the value: it is dropped unread. */
async function formatFlaws(value: string, { type, options }: Rule, facts: Facts): Promise<readonly Flaw[]> {
  try {
    return await FORMATS[type](value, options, facts)
  } catch {
    return [flaw('format', `cannot be read as ${type}`)]
  }
}

function publicFlaws(value: string, { type }: Rule, words: PublicWords): Flaw[] {
  const why = publicity(value, type, words)
  if (why === undefined) return []
  const hint =
    'Make it a variable (vars) and list it as one: a secret like this blackens logs, and job outputs that hold it are dropped.'
  return [{ ...flaw('not-secret', why, hint), severity: 'warning' }]
}

function otherNames(rules: Rules, values: Values): Problem[] {
  if (rules.allowOtherNames) return []
  const known = new Set(rules.rules.map(rule => rule.name.toUpperCase()))
  const unknown = values.namesInStores().filter(name => !known.has(name))
  return unknown.map(name => ({
    ...flaw('unknown-name', 'has no rule', 'Give it one, or remove it.'),
    names: [name],
    severity: 'error',
  }))
}
