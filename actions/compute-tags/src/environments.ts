import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { EventFacts } from './event-facts.ts'
import { describeEntry, type Entry } from './problems.ts'

/** One line of the map from branches and tags to environments. */
export interface EnvironmentRule extends Entry {
  readonly kind: 'branch' | 'tag'
  /** With `*` for any text without a slash, and `**` for any text. */
  readonly pattern: string
  readonly environment: string
}

/** Reads `develop = staging`, also with an arrow (`->`, `→`) or a colon; `tag:v*` at the left stands for git tags. Throws InvalidValue. */
export function parseEnvironmentRule(entry: Entry): EnvironmentRule {
  const [, left = '', environment = ''] = /^(.+?)\s*(?:->|=>|→|=|:\s)\s*(\S.*)$/.exec(entry.text) ?? []
  if (left === '') throw new InvalidValue('is no line such as "develop = staging"')
  if (/\s/.test(left) || /\s/.test(environment))
    throw new InvalidValue('has white space in a name; a line is "branch = environment"')
  const tag = /^tag:(.+)$/.exec(left)?.[1]
  return { ...entry, kind: tag === undefined ? 'branch' : 'tag', pattern: tag ?? left, environment }
}

/** Why a rule can never be come to: an earlier one says the same. */
export function repeatedRule(rule: EnvironmentRule, earlier: readonly EnvironmentRule[]): string | undefined {
  const twin = earlier.find(other => other.kind === rule.kind && other.pattern === rule.pattern)
  return (
    twin &&
    `${describeEntry(rule)} names ${rule.kind} ${rule.pattern} again; line ${twin.line} sends it to ${twin.environment}`
  )
}

export interface Target {
  /** '' when there is none. */
  readonly environment: string
  readonly deploy: boolean
  readonly why: string
}

/** The events that are about a branch or a tag itself. A comment on an issue, though it runs on the default branch, deploys nothing. */
const DEPLOYING_EVENTS = [
  'push',
  'create',
  'release',
  'workflow_dispatch',
  'repository_dispatch',
  'workflow_run',
  'schedule',
  'deployment',
]

/** The environment that this run is for, by the first rule that names its branch or tag. */
export function deployTarget(rules: readonly EnvironmentRule[], facts: EventFacts): Target {
  const { ref, eventName, payload } = facts
  const none = (why: string): Target => ({ environment: '', deploy: false, why })
  if (rules.length === 0) return none('no environments are given')
  if (ref.kind !== 'branch' && ref.kind !== 'tag') return none('the run is for no branch and no tag')
  if (!DEPLOYING_EVENTS.includes(eventName)) return none(`a run for ${eventName} deploys nothing`)
  const origin = payload.workflow_run
  if (eventName === 'workflow_run' && (origin?.event?.startsWith('pull_request') || origin?.head_branch !== ref.name)) {
    return none(
      `the workflow that ended ran for ${origin?.event} on ${origin?.head_branch}, not for a push to ${ref.name}`,
    )
  }
  const what = ref.kind === 'tag' ? 'git tag' : 'branch'
  const rule = rules.find(each => each.kind === ref.kind && matches(each.pattern, ref.name))
  if (rule === undefined) return none(`no line of environments names the ${what} ${ref.name}`)
  return {
    environment: rule.environment,
    deploy: true,
    why: `${what} ${ref.name}, by line ${rule.line} of environments`,
  }
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.replace(/\*\*|\*|[.+?^${}()|[\]\\]/g, part =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : `\\${part}`,
  )
  return new RegExp(`^${source}$`).test(name)
}
