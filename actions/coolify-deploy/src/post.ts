import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { runPostStep } from '@deploy-actions/core/runner/run-action'
import { savedState } from '@deploy-actions/core/runner/state'
import { readInputs, tokensIn } from './inputs.ts'
import { parseLedger } from './ledger.ts'
import { settle } from './put-back.ts'
import { connect, STATE } from './real-world.ts'

// A job that is cancelled kills main after some seconds, in the midst of whatever it does. What it had begun is put in order here.
await runPostStep(async () => {
  const { env } = process
  const open = parseLedger(savedState(STATE))
  if (open.length === 0) return
  const read = new InputReader(env)
  maskSecrets(tokensIn(read))
  const inputs = readInputs(read)
  if ('skip' in inputs) return
  for (const line of await settle(open, connect(inputs, env, runnerLog), runnerLog, () => {})) runnerLog.info(line)
})
