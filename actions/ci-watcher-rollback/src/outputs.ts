import { reasonOf } from '@deploy-actions/core/report/reason'
import { failedJobs } from './failed-jobs.ts'
import type { WatchOutcome } from './run.ts'

/** The action's outputs, under the names of action.yml. */
export function outputsOf(outcome: WatchOutcome, sha: string): Record<string, string | undefined> {
  const { result, verdict, validated, rollback, failure } = outcome
  return {
    result,
    reason: reasonOf(failure),
    verdict: verdict?.kind,
    sha,
    'failed-jobs': JSON.stringify(failedJobs(verdict?.items ?? [])),
    'validated-sha': validated,
    release: rollback?.release?.id,
    'previous-release': rollback?.previous?.id,
  }
}
