import { worstOf } from '@deploy-actions/core/deploy/result'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { readJobStatus } from '@deploy-actions/core/runner/job-status'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { savedState } from '@deploy-actions/core/runner/state'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { redactor } from '@deploy-actions/core/values/secret'
import { confirmed, decide, pendingDeploys, rollBackJob, unconfirmed } from '../end-of-job.ts'
import { tokensIn } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { realWorld } from '../real-world.ts'
import { summaryOf } from '../report.ts'
import { INPUTS, restoreInputs } from '../saved-inputs.ts'
import { type SavedUndoLog, UndoLog } from '../undo-log.ts'

/** The work of the post step: confirms, undoes or rolls back what main has saved, and reports it. Throws the failure at its end. */
export async function finish(saved: SavedUndoLog, env: Environment, signal: AbortSignal): Promise<void> {
  const read = new InputReader(env)
  const secrets = tokensIn(read)
  maskSecrets(secrets)
  const clean = redactor(secrets)
  const given = read.text('job-status')
  const decision = decide(saved, readJobStatus(given))
  const pending = pendingDeploys(saved)
  const timeline = new Timeline(systemClock, runnerLog)
  const outcomes: Outcome[] = []
  let base = ''
  if (pending.length < saved.entries.length || decision.kind === 'roll-back') {
    const inputs = restoreInputs(savedState(INPUTS), read, text => runnerLog.warning(text))
    base = inputs.base
    // A cancelled job must not interrupt the rollback; the runner ends it when its time limit has passed.
    signal.addEventListener('abort', () =>
      runnerLog.info('Cancelled: a rollback that was requested continues in Coolify.'),
    )
    const world = realWorld(inputs, secrets, timeline, env, new AbortController().signal)
    const reason = decision.kind === 'roll-back' ? decision.reason : undefined
    const outcome = await rollBackJob(saved, reason, { inputs, world, undoLog: new UndoLog(() => {}) })
    if (outcome) outcomes.push(outcome)
  }
  if (pending.length > 0 && decision.kind === 'confirm') outcomes.push(confirmed(pending))
  if (pending.length > 0 && decision.kind === 'report') outcomes.push(unconfirmed(pending, given))
  for (const outcome of outcomes) {
    runnerLog.info(clean(outcome.headline))
    await appendSummary(summaryOf(outcome, base, timeline.phases, clean), env)
  }
  const result = worstOf(outcomes.map(outcome => outcome.result))
  if (result) describeResult({ result })
  const failure = outcomes.find(outcome => outcome.failure !== undefined)?.failure
  if (failure) throw failure
}
