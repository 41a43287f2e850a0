import type { ActionError } from '@deploy-actions/core/values/action-error'
import { nearestName } from '@deploy-actions/core/values/nearest'
import type { Mistake } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import { Guard } from './guard.ts'
import { causes, whereToSet } from './hints.ts'
import type { Inputs } from './inputs.ts'
import { judge, type Verdict } from './judge.ts'
import { loadRules, publicWordsOf } from './load-rules.ts'
import { derivedSecrets, worthMasking } from './masks.ts'
import type { Problem } from './problem.ts'
import { failureOf, mistakesError } from './report/message.ts'
import { guarded, isValid, type RemoteResult, type Report } from './report/report.ts'
import { type Rules, withInner } from './rules/rule.ts'
import type { RunFacts } from './run-facts.ts'
import { Values } from './values.ts'

/** What the run needs of the world. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly facts: RunFacts
  /** The text of a file in the workspace; undefined when it is missing. */
  readFile(path: string): Promise<string | undefined>
  /** Has the runner hide these texts in all that follows. */
  mask(secrets: readonly string[]): void
  /** Runs the remote checks; their part of the bundle is loaded with it. */
  checkRemotely(rules: Rules, verdicts: readonly Verdict[], valueFor: (name: string) => string): Promise<RemoteOutcome>
}

export interface RemoteOutcome {
  readonly results: readonly RemoteResult[]
  readonly problems: readonly Problem[]
}

/** All that is to be written, already looked through by the guard. */
export interface Outcome {
  readonly report: Report | undefined
  readonly mistakes: readonly Mistake[]
  readonly outputs: Readonly<Record<string, string>>
  readonly notices: readonly string[]
  readonly warnings: readonly string[]
  readonly failure: ActionError | undefined
  readonly guard: Guard
}

export async function run(inputs: Inputs, world: World): Promise<Outcome> {
  const values = new Values({ env: world.env, secrets: inputs.secrets, vars: inputs.vars })
  world.mask(worthMasking(values.allFromStores('secret')))
  const rulesFile = inputs.rulesFile === '' ? '' : await world.readFile(inputs.rulesFile)
  const loaded = await loadRules(inputs, rulesFile, {
    isPassed: name => values.isPassed(name, 'secret') || values.isPassed(name, 'variable'),
    isValue: text => values.isValue(text),
  })
  const { rules, notices } = loaded
  const mistakes = [...loaded.mistakes, ...environmentMistakes(rules, inputs.environment)]
  const valueFor = valuesOf(rules, values)
  const guard = guardOf(inputs, rules, values, valueFor, world)
  const failure = mistakesError(inputs.wrong, mistakes)
  if (failure !== undefined) return refused(mistakes, failure, guard)

  const { environment } = inputs
  const words = { repository: world.facts.repository, branch: world.facts.branch, environment }
  const { verdicts, shared } = await judge(rules, values, { now: world.now, environment, words })
  world.mask(derivedSecrets(verdicts, valueFor))
  const remote = await remoteOutcome(inputs, rules, verdicts, valueFor, world)
  const report = guarded(
    {
      environment,
      verdicts,
      problems: [...verdicts.flatMap(({ problems }) => problems), ...shared, ...remote.problems],
      remote: remote.results,
      causes: causes(verdicts, values, world.facts, environment),
      whereToSet: {
        secret: whereToSet('secret', world.facts, environment),
        variable: whereToSet('variable', world.facts, environment),
      },
    },
    guard,
  )
  return {
    report,
    mistakes: [],
    outputs: outputsOf(report, verdicts, inputs.reportPath),
    notices: [
      ...notices.map(({ at, text }) => `${formatPosition(at)}: ${text}`),
      ...environmentNotices(rules, environment),
    ],
    warnings: jsonWarnings(inputs),
    failure: isValid(report) || inputs.onProblem === 'warn' ? undefined : failureOf(report),
    guard,
  }
}

function valuesOf(rules: Rules, values: Values): (name: string) => string {
  const stores = new Map(rules.rules.map(rule => [rule.name, rule.store]))
  return name => values.valueFor(name, stores.get(name) ?? 'secret')
}

function guardOf(
  inputs: Inputs,
  { rules, ...rest }: Rules,
  values: Values,
  valueFor: (name: string) => string,
  { facts }: World,
): Guard {
  const secrets = [
    ...rules.filter(({ store }) => store === 'secret').map(({ name }) => valueFor(name)),
    ...values.allFromStores('secret'),
  ]
  const variables = [
    ...rules.filter(({ store }) => store === 'variable').map(({ name }) => valueFor(name)),
    ...values.allFromStores('variable'),
  ]
  const words = publicWordsOf({ rules, ...rest }, new Set(secrets))
  return new Guard(
    [...secrets, ...variables],
    [
      ...words,
      `${facts.serverUrl}/${facts.repository}/settings`,
      facts.repository,
      inputs.environment,
      inputs.reportPath,
    ],
  )
}

function refused(mistakes: readonly Mistake[], failure: ActionError, guard: Guard): Outcome {
  const outputs = {
    // Nothing was checked.
    result: 'failed',
    valid: 'false',
    'problem-count': String(mistakes.length),
    'problem-names': '',
    'report-path': '',
  }
  return { report: undefined, mistakes, outputs, notices: [], warnings: [], failure, guard }
}

async function remoteOutcome(
  inputs: Inputs,
  rules: Rules,
  verdicts: readonly Verdict[],
  valueFor: (name: string) => string,
  world: World,
): Promise<RemoteOutcome> {
  if (rules.checks.length === 0) return { results: [], problems: [] }
  const skip = (text: string): RemoteOutcome => ({
    results: rules.checks.map(({ kind }) => ({ check: kind, names: [], outcome: 'skipped', text })),
    problems: [],
  })
  if (!inputs.remoteChecks) return skip('not asked for (`remote-checks: true` does)')
  if (world.facts.isFork) return skip("not done for a fork's pull request")
  return world.checkRemotely(rules, verdicts, valueFor)
}

function outputsOf(report: Report, verdicts: readonly Verdict[], reportPath: string): Record<string, string> {
  const errors = report.problems.filter(({ severity }) => severity === 'error')
  const names = [...new Set(errors.flatMap(problem => problem.names))]
  return {
    result: isValid(report) ? 'valid' : 'invalid',
    valid: String(isValid(report)),
    'problem-count': String(errors.length),
    'problem-names': names.join(' '),
    'report-path': reportPath,
    ...Object.fromEntries(verdicts.map(({ rule, present }) => [`has-${rule.name}`, String(present)])),
  }
}

/** All secrets of repository, organization and environment reach the job then, and a blob is masked only line by line. */
function jsonWarnings(inputs: Inputs): string[] {
  if (inputs.secrets === undefined) return []
  return [
    "`secrets: ${{ toJSON(secrets) }}` hands every secret of the repository, the organization and the environment to this job, those that no rule needs too; any step and any action in it can then take them. Name each secret that is checked in the step's `env:` instead: only those reach the runner.",
  ]
}

function environmentsOf({ rules }: Rules): string[] {
  return [...new Set(withInner(rules).flatMap(rule => [...rule.environments.keys()]))]
}

/** A mistyped environment would skip the rules of the one that was meant. */
function environmentMistakes(rules: Rules, environment: string): Mistake[] {
  const known = environmentsOf(rules)
  if (environment === '' || isNamed(environment, known)) return []
  const near = nearestName(environment, known)
  if (near === undefined) return []
  return [
    {
      at: { source: 'environment', isFile: false, line: 1, column: 1 },
      text: `no rule is about this environment; did you mean \`${near}\`? If it is another one, name it in a rule: \`environments: {NAME: {}}\``,
    },
  ]
}

function environmentNotices(rules: Rules, environment: string): string[] {
  const known = environmentsOf(rules)
  if (known.length === 0 || isNamed(environment, known)) return []
  return [
    environment === ''
      ? `The rules for ${known.join(', ')} were not applied, because the input \`environment\` is not set.`
      : `No rule is about the given environment; there are rules for ${known.join(', ')}.`,
  ]
}

function isNamed(environment: string, known: readonly string[]): boolean {
  return known.some(name => name.toLowerCase() === environment.toLowerCase())
}
