import { systemClock } from '@deploy-actions/core/runner/clock'
import { readWithReason } from '@deploy-actions/core/runner/failure'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { saveState } from '@deploy-actions/core/runner/state'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { redactor } from '@deploy-actions/core/values/secret'
import { readInputs, tokensIn, warningOf } from './inputs.ts'
import { requireJobStatus } from './job-status.ts'
import { type Outcome, outputsOf } from './outcome.ts'
import { INPUTS, realWorld } from './real-world.ts'
import { LAST_LINES, summaryOf } from './report.ts'
import { run } from './run.ts'
import { saveInputs } from './saved-inputs.ts'

await runAction(async signal => {
  const { env } = process
  const startedAt = systemClock.now()
  const read = new InputReader(env)
  const secrets = tokensIn(read)
  maskSecrets(secrets)
  const clean = redactor(secrets)
  const inputs = readWithReason(() => readInputs(read))
  const timeline = new Timeline(systemClock, runnerLog)
  const base = 'skip' in inputs ? '' : inputs.base
  let outcome: Outcome
  if ('skip' in inputs) {
    outcome = {
      result: 'skipped',
      headline: 'Skipped: this branch is not deployed',
      results: [],
      explanation: `${inputs.skip}.`,
    }
    runnerLog.notice(`Nothing was deployed: ${inputs.skip}.`)
  } else {
    const warning = warningOf(inputs)
    if (warning) runnerLog.warning(warning)
    if (inputs.confirm === 'job' && !inputs.dryRun) requireJobStatus(read.text('job-status'), env)
    saveState(INPUTS, saveInputs(inputs))
    outcome = await run(inputs, realWorld(inputs, secrets, timeline, env, signal)).catch(failed)
  }
  for (const line of outcome.details ?? []) runnerLog.info(clean(line))
  for (const { problem, note } of outcome.results) {
    if (note) runnerLog.warning(note)
    const lines = problem?.lines.slice(-LAST_LINES).map(clean) ?? []
    if (problem && lines.length > 0) runnerLog.group(`Last lines of ${problem.linesOf}`, lines)
  }
  runnerLog.info(outcome.headline)
  if (outcome.results.some(({ isVerified }) => isVerified)) {
    runnerLog.notice(
      'The deploy is not confirmed yet: it is rolled back if a later step of this job fails (`confirm: job`).',
    )
  }
  const outputs = Object.entries(outputsOf(outcome, base, systemClock.now() - startedAt))
  setOutputs(Object.fromEntries(outputs.map(([name, text = '']) => [name, clean(text)])))
  // The runner masks the summary only when it uploads it, and other runners do not mask it at all.
  await appendSummary(clean(summaryOf(outcome, base, timeline.phases, clean)), env)
  if (outcome.failure) throw outcome.failure
})

function failed(thrown: unknown): Outcome {
  if (!(thrown instanceof ActionError)) throw thrown
  return { result: 'failed', headline: thrown.title, results: [], failure: thrown }
}
