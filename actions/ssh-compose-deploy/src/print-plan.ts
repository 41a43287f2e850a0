import type { Preview } from '@deploy-actions/core/deploy/dry-run'
import { describe } from '@deploy-actions/core/deploy/operation'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { nameOf } from '@deploy-actions/core/release/record'

/** The end of a dry run: the same plan that a run would carry out. */
export function planOutcome(preview: Preview, path: string): Outcome {
  const { held, target, hostName } = preview
  const what = target === undefined ? `would deploy to ${path} on ${hostName}` : `would roll back to ${nameOf(target)}`
  return {
    result: 'unchanged',
    release: held,
    previous: held,
    headline: `Dry run: ${what}; nothing was changed`,
    details: planLines(preview),
  }
}

export function planLines({ project, operations }: Pick<Preview, 'project' | 'operations'>): string[] {
  return [`project ${project}`, ...operations.map(describe)]
}
