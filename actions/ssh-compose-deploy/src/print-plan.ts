import type { Preview } from '@deploy-actions/core/deploy/dry-run'
import { describe, signsOfPlan } from '@deploy-actions/core/deploy/operation'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { nameOf } from '@deploy-actions/core/release/record'

/** The end of a dry run: the same plan that a run would carry out. */
export function planOutcome(preview: Preview, path: string): Outcome {
  const { release, text } = preview.present
  return {
    result: 'planned',
    release,
    previous: release,
    runsNow: text,
    headline: `Dry run: ${intentOf(preview, path)}; nothing was changed`,
    details: planLines(preview),
  }
}

function intentOf({ same, target, hostName }: Preview, path: string): string {
  if (target !== undefined) return `would roll back to ${nameOf(target)}`
  if (same !== undefined) return `nothing to deploy, ${nameOf(same)} runs`
  return `would deploy to ${path} on ${hostName}`
}

export function planLines({ project, operations, same }: Pick<Preview, 'project' | 'operations' | 'same'>): string[] {
  const unchanged =
    same === undefined ? [] : [`= ${nameOf(same)} runs with the same files, variables and images, and is healthy`]
  const isPulled = same !== undefined && operations.length > 0
  return [
    `project ${project} (${signsOfPlan})`,
    ...unchanged,
    ...operations.map(describe),
    ...(isPulled ? ['! deployed only if the pull brings another image'] : []),
  ]
}
