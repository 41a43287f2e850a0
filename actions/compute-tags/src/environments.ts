import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { finalGitTag, gitTagKind } from './channel.ts'
import { type EventFacts, followsPush } from './event-facts.ts'
import { describeEntry, type Entry } from './problems.ts'
import { coversPattern, matchesPattern } from './ref-pattern.ts'

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
  if (left === '') throw new InvalidValue('must look like `develop = staging`')
  if (/\s/.test(left) || /\s/.test(environment))
    throw new InvalidValue('has white space in a name; a line is "branch = environment"')
  const tag = /^tag:(.+)$/.exec(left)?.[1]
  return { ...entry, kind: tag === undefined ? 'branch' : 'tag', pattern: tag ?? left, environment }
}

/** Why a line can never be reached, reading on after the line: an earlier one matches everything that it matches. */
export function unreachableBecause(rule: EnvironmentRule, earlier: readonly EnvironmentRule[]): string | undefined {
  const before = earlier.find(
    other =>
      other.kind === rule.kind && coversPattern(other.pattern, rule.pattern) && !leavesPreReleases(other, rule.pattern),
  )
  return (
    before &&
    `can never be reached: ${describeEntry(before)} matches everything that it matches; put it above line ${before.line}, or delete it`
  )
}

/** Whether a line matches a Git tag. A pre-release needs a line about pre-releases: `v*` would send it where final versions go. */
function matchesRule(rule: EnvironmentRule, name: string): boolean {
  return matchesPattern(rule.pattern, name) && !(rule.kind === 'tag' && isForFinalOnly(rule.pattern, name))
}

/** A pattern that matches the final version as well is not about pre-releases. */
function isForFinalOnly(pattern: string, name: string): boolean {
  return gitTagKind(name).isPrerelease && matchesPattern(pattern, finalGitTag(name))
}

/** Texts that stand for wildcards, to find a pre-release that a pattern matches. */
const SAMPLES = ['1', '0.0', '1.0.0', 'rc.1', '']
const MOST_WILDCARDS = 5

/** Whether a line of Git tags leaves pre-releases to a later pattern that is about them, as `v*` leaves them to `v*-rc*`. */
function leavesPreReleases({ kind, pattern }: EnvironmentRule, later: string): boolean {
  if (kind !== 'tag') return false
  const [first = '', ...others] = later.split(/\*\*?/).slice(0, MOST_WILDCARDS + 1)
  const names = others.reduce(
    (starts, text) => starts.flatMap(start => SAMPLES.map(sample => start + sample + text)),
    [first],
  )
  return names.some(name => isForFinalOnly(pattern, name) && !isForFinalOnly(later, name))
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
  if (eventName === 'workflow_run') {
    if (!followsPush(eventName, ref, payload))
      return none(
        `the workflow that ended ran for ${origin?.event} on ${origin?.head_branch}, not for a push to ${ref.name}`,
      )
    if (origin?.conclusion !== 'success')
      return none(
        `the workflow ${origin?.name ?? ''} ended with ${origin?.conclusion ?? 'no conclusion'}, and only success deploys`,
      )
  }
  const what = ref.kind === 'tag' ? 'git tag' : 'branch'
  const rule = rules.find(each => each.kind === ref.kind && matchesRule(each, ref.name))
  if (rule === undefined) {
    const final = rules.find(each => each.kind === ref.kind && matchesPattern(each.pattern, ref.name))
    return none(
      final
        ? `${ref.name} is a pre-release, and ${describeEntry(final)} is for final versions; add a line for pre-releases, such as \`tag:v*-* = staging\``
        : `no line of environments names the ${what} ${ref.name}`,
    )
  }
  return {
    environment: rule.environment,
    deploy: true,
    why: `${what} ${ref.name}, by line ${rule.line} of environments`,
  }
}
