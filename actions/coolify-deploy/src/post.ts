import { runPostStep } from '@deploy-actions/core/runner/run-action'
import { savedState } from '@deploy-actions/core/runner/state'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { parseUndoLog, UNDO_LOG } from './undo-log.ts'

// A cancelled job kills the main step after some seconds, at any point. This step undoes what was started and not finished. With
// `confirm: job` it also confirms the deploy, or rolls it back when a later step of the job failed.
await runPostStep(async signal => {
  const saved = parseUndoLog(savedState(UNDO_LOG))
  if (saved.entries.length === 0) return
  describeResult({ result: 'failed' })
  const { finish } = await import('./adapters/finish.ts')
  await finish(saved, process.env, signal)
})
