import { readWithReason } from '@deploy-actions/core/runner/failure'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { untrustedJobStatus } from '@deploy-actions/core/runner/job-status'
import { maskSecrets } from '@deploy-actions/core/runner/log'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { readInputs, tokensIn } from './inputs.ts'

/** Coolify cannot hold a release until somebody confirms it. */
const WITHOUT_JOB_STATUS =
  'remove `confirm: job` and roll back in a last step with `if: failure() || cancelled()`, `mode: rollback` and `to: ${{ steps.ID.outputs.previous-image-tag }}`'

await runAction(async signal => {
  const { env } = process
  const read = new InputReader(env)
  const secrets = tokensIn(read)
  maskSecrets(secrets)
  const inputs = readWithReason(() => {
    const given = readInputs(read)
    if ('skip' in given || given.confirm !== 'job' || given.dryRun) return given
    const refusal = untrustedJobStatus('confirm: job', read.text('job-status'), env, WITHOUT_JOB_STATUS)
    if (refusal) throw refusal
    return given
  })
  // Inputs with a mistake are refused without loading what a deploy needs.
  const { deploy } = await import('./adapters/deploy.ts')
  await deploy(inputs, secrets, env, signal)
})
