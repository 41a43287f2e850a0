import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import type { Change, Plan, Step } from './plan.ts'
import { isPath } from './verify.ts'

/** The plan of a run, in readable lines. */
export function dryRun(plans: readonly Plan[], inputs: Inputs): Outcome {
  const tags =
    inputs.wanted.kind === 'current' ? inputs.targets.flatMap(target => ('tag' in target ? [target.tag] : [])) : []
  return {
    result: 'planned',
    headline: 'Dry run: nothing was changed',
    results: [],
    details: [
      ...plans.flatMap(plan => planLines(plan, inputs)),
      ...tags.map(tag => `every service with the tag ${tag} would also be started`),
    ],
  }
}

export function planLines(plan: Plan, inputs: Inputs): string[] {
  const { resource, step, rollbackStep } = plan
  const kind = isApplication(resource)
    ? `application, ${runsImage(resource) ? 'image' : resource.buildPack}`
    : resource.kind
  const urls = inputs.health.urls.map(url => (isPath(url) ? url : printableUrl(new URL(url))))
  return [
    `${resource.name} (${kind}, now ${resource.status}${plan.previous === undefined ? '' : `, at ${plan.previous}`})`,
    ...stepLines(step).map(line => `  ${line}`),
    inputs.wait
      ? `  wait until it is finished and running${urls.length > 0 ? ` and ${urls.join(' and ')} returns 2xx` : ''}`
      : '  do not wait',
    'none' in rollbackStep || inputs.onFailure === 'keep'
      ? `  on failure: ${'none' in rollbackStep ? `no rollback, ${rollbackStep.none}` : 'keep what is running'}`
      : `  on failure: roll back to ${rollbackStep.version ?? 'the previous version'}`,
  ]
}

function stepLines({ change, start, version }: Step): string[] {
  const set = change === undefined ? [] : [`set ${changeLine(change)}`]
  switch (start.kind) {
    case 'rollback':
      return [...set, `have Coolify roll back to commit ${shortSha(start.commit)}`]
    case 'service':
      return [...set, start.pull ? 'pull its images and restart it' : 'start it']
    case 'deploy': {
      const of = start.pullRequest === undefined ? '' : ` the preview of pull request ${start.pullRequest}`
      return [...set, `deploy${of}${version === undefined ? '' : ` ${version}`}`]
    }
  }
}

function changeLine(change: Change): string {
  if (change.kind === 'commit') return `the commit ${shortSha(change.to)}, for this deployment`
  const { from, to } = change
  return from.name === to.name
    ? `the tag ${from.tag} → ${to.tag}`
    : `the image ${from.name}:${from.tag} → ${to.name}:${to.tag}`
}
