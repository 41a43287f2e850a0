import { systemClock } from '@deploy-actions/core/runner/clock'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { readJobStatus } from '@deploy-actions/core/runner/job-status'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { runPostStep } from '@deploy-actions/core/runner/run-action'
import { savedState } from '@deploy-actions/core/runner/state'
import { describeResult, otherResults } from '@deploy-actions/core/runner/step-result'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { inputsFrom, type OnError, softened } from './adapters/notify.ts'
import { FOLLOWED, type Followed, followedEnvironment, parseFollowed, withMessages } from './follow.ts'
import { withVariables } from './inputs.ts'
import { verdictOf } from './verdict.ts'

// With `follow: job` the message of the main part is edited to how the job ended.
await runPostStep(async signal => {
  const followed = parseFollowed(savedState(FOLLOWED))
  if (followed === undefined) return
  describeResult({ result: 'failed' })
  const env = withVariables(followedEnvironment(process.env, followed))
  await softened(env, signal, onError => reportEnd(followed, env, onError, signal))
})

async function reportEnd(followed: Followed, env: Environment, onError: OnError, signal: AbortSignal): Promise<void> {
  const given = new InputReader(env)
  const { own, results, problems } = await otherResults(env, systemClock.now())
  const job = readJobStatus(given.text('job-status'))
  const verdict = verdictOf({ job, results, own, resultOf: given.text('result-of') })
  for (const problem of [...problems, ...verdict.warnings]) runnerLog.warning(problem)
  const reported = {
    ...env,
    INPUT_STATUS: verdict.status,
    INPUT_ENVIRONMENT: given.text('environment') || verdict.environment,
    INPUT_URL: given.text('url') || verdict.url,
  }
  const inputs = await inputsFrom(reported, onError, file => {
    if (followed.template !== undefined) return followed.template
    throw new InvalidValue(`is "${file}", which could not be read when the job started`)
  })
  const { send } = await import('./adapters/send.ts')
  await send(
    {
      ...withMessages(inputs, followed),
      // Not by the input, which is one line.
      reason: inputs.reason ?? (verdict.reason || undefined),
      releases: verdict.releases,
    },
    reported,
    signal,
    ({ result }) => describeResult({ result }),
    followed.facts,
  )
}
