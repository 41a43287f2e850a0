import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import type { Change, Plan, Step } from './plan.ts'
import { isPath } from './verify.ts'

/** The plan for people, as a run would go about it. */
export function dryRun(plans: readonly Plan[], inputs: Inputs): Outcome {
  const tags =
    inputs.wanted.kind === 'current' ? inputs.targets.flatMap(target => ('tag' in target ? [target.tag] : [])) : []
  return {
    result: 'planned',
    headline: 'Dry run: nothing was changed',
    ends: [],
    details: [
      ...plans.flatMap(plan => planLines(plan, inputs)),
      ...tags.map(tag => `every service with the tag ${tag} would be started too`),
    ],
  }
}

export function planLines(plan: Plan, inputs: Inputs): string[] {
  const { resource, step, wayBack } = plan
  const kind = isApplication(resource)
    ? `application, ${runsImage(resource) ? 'image' : resource.buildPack}`
    : resource.kind
  const urls = inputs.health.urls.map(url => (isPath(url) ? url : printableUrl(new URL(url))))
  return [
    `${resource.name} (${kind}, now ${resource.status}${plan.previous === undefined ? '' : `, at ${plan.previous}`})`,
    ...stepLines(step).map(line => `  ${line}`),
    inputs.wait
      ? `  wait until it is finished and running${urls.length > 0 ? `, and ${urls.join(' and ')} answers` : ''}`
      : '  do not wait',
    'none' in wayBack || inputs.onFailure === 'keep'
      ? `  on failure: ${'none' in wayBack ? `no way back, ${wayBack.none}` : 'keep what runs'}`
      : `  on failure: back to ${wayBack.version ?? 'the version before'}`,
  ]
}

function stepLines({ change, start, version }: Step): string[] {
  const set = change === undefined ? [] : [`set ${changeLine(change)}`]
  switch (start.kind) {
    case 'rollback':
      return [...set, `have Coolify go back to commit ${shortSha(start.commit)}`]
    case 'service':
      return [...set, start.pull ? 'pull its images, and start it again' : 'start it']
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
