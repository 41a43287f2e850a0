import type { Environment } from '@deploy-actions/core/runner/inputs'
import { untrustedJobStatus } from '@deploy-actions/core/runner/job-status'
import { ActionError } from '@deploy-actions/core/values/action-error'

/** Refuses `confirm: job` where the post step would not know how the job ended. To be called before anything is changed. */
export function requireJobStatus(input: string, env: Environment): void {
  const refusal = untrustedJobStatus('confirm: job', input, env)
  if (refusal === undefined) return
  // The shared next step names `mode: confirm`, which this action does not have: Coolify cannot hold a release for confirmation.
  const { title, message } = refusal
  const next =
    'Use the step directly in the job, not in a composite action, and add `job-status: ${{ job.status }}`. Or remove `confirm: job` and roll back in a last step with `if: failure() || cancelled()`, `mode: rollback` and `to: ${{ steps.ID.outputs.previous-image-tag }}`.'
  throw new ActionError({ title, message, next })
}
