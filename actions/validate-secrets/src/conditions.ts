import { isBlank } from './paste.ts'
import { flaw, type Problem } from './problem.ts'
import type { Condition, Group, Rule, Rules } from './rules/rule.ts'

type ValueOf = (name: string) => string

/** Why a name is required; the text says on what it depends, not what was found there. */
export interface RequiredBy {
  readonly condition: string | undefined
}

/** Undefined when the name may be missing. A name of a group or a condition is required by those alone, unless its rule says so itself. */
export function isRequired(rule: Rule, rules: Rules, valueFor: ValueOf): RequiredBy | undefined {
  if (rule.options.forbidden) return undefined
  const whens = rules.when.filter(when => when.require.includes(rule.name))
  const grouped = rules.groups.some(group => group.names.includes(rule.name))
  if (rule.options.required ?? !(grouped || whens.length > 0 || rule.requiredWhen)) return { condition: undefined }
  if (rule.requiredWhen && holds(rule.requiredWhen, valueFor))
    return { condition: describe(rule.requiredWhen, rule.at.line) }
  const when = whens.find(({ condition }) => holds(condition, valueFor))
  return when && { condition: describe(when.condition, when.at.line) }
}

function describe(condition: Condition, line: number): string {
  return `the condition of line ${line} on ${condition.map(term => `\`${term.name}\``).join(' and ')} holds`
}

export function holds(condition: Condition, valueFor: ValueOf): boolean {
  return condition.every(({ name, test }) => {
    const value = valueFor(name).trim()
    if ('set' in test) return test.set === (value !== '')
    if ('oneOf' in test) return test.oneOf.includes(value)
    return value !== '' && !test.noneOf.includes(value)
  })
}

export function groupProblems(groups: readonly Group[], valueFor: ValueOf): Problem[] {
  return groups.flatMap(group => {
    const set = group.names.filter(name => !isBlank(valueFor(name)))
    const text = groupFlaw(group, set)
    return text === undefined
      ? []
      : [{ ...flaw('group', text), names: group.names, severity: 'error' as const, at: group.at }]
  })
}

function groupFlaw({ kind, names }: Group, set: readonly string[]): string | undefined {
  const list = (some: readonly string[]) => some.map(name => `\`${name}\``).join(', ')
  if (kind !== 'all-or-none' && set.length === 0) {
    return `none is set, and ${kind === 'one-of' ? 'exactly one' : 'at least one'} must be`
  }
  if (kind === 'one-of' && set.length > 1) return `${list(set)} are set, and exactly one must be`
  if (kind === 'all-or-none' && set.length > 0 && set.length < names.length) {
    const lacking = names.filter(name => !set.includes(name))
    return `${list(set)} ${set.length === 1 ? 'is' : 'are'} set, but not ${list(lacking)}: they belong together`
  }
  return undefined
}
