import { nearestName } from '@deploy-actions/core/values/nearest'
import type { Verdict } from './judge.ts'
import type { Store } from './rules/rule.ts'
import type { RunFacts } from './run-facts.ts'
import type { Values } from './values.ts'

/** Where a secret or a variable is set. */
export function whereToSet(store: Store, run: RunFacts, environment: string): string {
  const settings = `${run.serverUrl}/${run.repository || 'OWNER/NAME'}/settings`
  if (hasNoEnvironments(run)) return `${settings}/actions/${store}s`
  if (store === 'variable') return `${settings}/variables/actions`
  if (isDependabot(run)) return `${settings}/secrets/dependabot`
  return environment === ''
    ? `${settings}/secrets/actions`
    : `${settings}/environments (${environment}) or ${settings}/secrets/actions`
}

/** What explains that values are missing: one cause is likelier than many forgotten names. */
export function causes(verdicts: readonly Verdict[], values: Values, run: RunFacts, environment: string): string[] {
  const missing = verdicts.filter(({ problems }) => problems.some(({ code }) => code === 'missing'))
  if (missing.length === 0) return []
  const secrets = verdicts.filter(({ rule }) => rule.store === 'secret')
  const noneArrived = secrets.length > 1 && secrets.every(({ present }) => !present)
  const hints = [...eventCauses(run), ...notPassed(missing, values), ...nearNames(missing, verdicts, values)]
  const passed = missing.filter(({ rule }) => rule.store === 'secret' && values.isPassed(rule.name, rule.store))
  if (passed.length === 0 || run.isFork || isDependabot(run)) return hints
  return [...hints, ...(noneArrived ? noneArrivedCauses(secrets.length) : []), ...environmentCauses(run, environment)]
}

function isDependabot(run: RunFacts): boolean {
  return run.actor === 'dependabot[bot]' && run.event !== 'pull_request_target'
}

function eventCauses(run: RunFacts): string[] {
  if (run.isFork) {
    return [
      `This run is of a pull request from a fork, and ${run.service} passes no secrets to those. Leave the job out there: \`if: github.event.pull_request.head.repo.full_name == github.repository\`.`,
    ]
  }
  if (isDependabot(run)) {
    return [
      `Dependabot started this run, so it gets Dependabot's own secrets only: set them at ${whereToSet('secret', run, '')}, or leave the job out with \`if: github.actor != 'dependabot[bot]'\`.`,
    ]
  }
  if (run.service === 'act')
    return [
      'This is a run under act: give secrets with `--secret-file FILE` or `-s NAME`, and variables with `--var-file FILE` or `--var NAME=VALUE`.',
    ]
  return []
}

function notPassed(missing: readonly Verdict[], values: Values): string[] {
  const names = missing.filter(({ rule }) => !values.isPassed(rule.name, rule.store)).map(({ rule }) => rule)
  const [first] = names
  if (first === undefined) return []
  const context = first.store === 'secret' ? 'secrets' : 'vars'
  const list = names.map(({ name }) => `\`${name}\``).join(', ')
  return [
    `The step's \`env:\` does not name ${list}: a step sees only what it is given. Add \`${first.name}: \${{ ${context}.${first.name} }}\`${names.length > 1 ? ' and so on' : ''}.`,
  ]
}

function nearNames(missing: readonly Verdict[], verdicts: readonly Verdict[], values: Values): string[] {
  const ruled = new Set(verdicts.map(({ rule }) => rule.name.toUpperCase()))
  const others = values.namesThatAreSet().filter(name => !ruled.has(name.toUpperCase()))
  return missing.flatMap(({ rule }) => {
    const near = nearestName(rule.name, others)
    return near === undefined
      ? []
      : [`\`${near}\` is set, and no rule is about it: is it the \`${rule.name}\` that is missing?`]
  })
}

function noneArrivedCauses(count: number): string[] {
  return [
    `Not one of the ${count} secrets arrived, so they are hardly all forgotten. In a reusable workflow the caller must pass them: \`secrets: inherit\`, or each by name below \`secrets:\`, declared below \`on.workflow_call.secrets\`.`,
  ]
}

/** Gitea and Forgejo take `environment:` and do nothing with it. */
function hasNoEnvironments({ service }: RunFacts): boolean {
  return service === 'Gitea' || service === 'Forgejo'
}

function environmentCauses(run: RunFacts, environment: string): string[] {
  if (hasNoEnvironments(run))
    return [`${run.service} has no environments: a secret is one of the repository, its owner or the whole server.`]
  if (environment === '')
    return [
      'If they are secrets of an environment, the job that runs this step must say `environment: NAME`; in a reusable workflow, the job inside it.',
    ]
  return [
    `Secrets of the environment \`${environment}\` reach a job only if that job says \`environment: ${environment}\` itself; a job that calls a reusable workflow cannot say it for the job inside. An expression there may give another name than you think.`,
  ]
}
