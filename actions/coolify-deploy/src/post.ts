import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { runPostStep } from '@deploy-actions/core/runner/run-action'
import { savedState } from '@deploy-actions/core/runner/state'
import { readInputs, tokensIn } from './inputs.ts'
import { connect, UNDO_LOG } from './real-world.ts'
import { undoAll } from './undo.ts'
import { parseUndoLog } from './undo-log.ts'

// A cancelled job kills the main step after some seconds, at any point. This step undoes what was started and not finished.
await runPostStep(async () => {
  const { env } = process
  const entries = parseUndoLog(savedState(UNDO_LOG))
  if (entries.length === 0) return
  const read = new InputReader(env)
  maskSecrets(tokensIn(read))
  const inputs = readInputs(read)
  if ('skip' in inputs) return
  for (const line of await undoAll(entries, connect(inputs, env, runnerLog), runnerLog, () => {})) runnerLog.info(line)
})
