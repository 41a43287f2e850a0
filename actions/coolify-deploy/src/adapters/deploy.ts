import { systemClock } from '@deploy-actions/core/runner/clock'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { saveState } from '@deploy-actions/core/runner/state'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { redactor, type Secret } from '@deploy-actions/core/values/secret'
import { type Inputs, type Skip, warningOf } from '../inputs.ts'
import { type Outcome, outputsOf } from '../outcome.ts'
import { realWorld } from '../real-world.ts'
import { LAST_LINES, summaryOf } from '../report.ts'
import { run } from '../run.ts'
import { INPUTS, saveInputs } from '../saved-inputs.ts'

/** The work of the main step: deploys, and reports the outcome. Throws the failure at its end. */
export async function deploy(
  inputs: Inputs | Skip,
  secrets: readonly Secret[],
  env: Environment,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = systemClock.now()
  const clean = redactor(secrets)
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
  await appendSummary(summaryOf(outcome, base, timeline.phases, clean), env)
  if (outcome.failure) throw outcome.failure
}

function failed(thrown: unknown): Outcome {
  if (!(thrown instanceof ActionError)) throw thrown
  return { result: 'failed', headline: thrown.title, results: [], failure: thrown }
}
