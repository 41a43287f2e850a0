import { systemClock } from '@deploy-actions/core/runner/clock'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { untrustedJobStatus } from '@deploy-actions/core/runner/job-status'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { saveState } from '@deploy-actions/core/runner/state'
import { otherResults } from '@deploy-actions/core/runner/step-result'
import { inputsFrom, type OnError, softened } from './adapters/notify.ts'
import { readWorkspaceFile } from './adapters/workspace.ts'
import { FOLLOWED, type Followed, inputsToSave, isFollowing, misplaced, serializeFollowed } from './follow.ts'
import { withPeersInputs, withVariables } from './inputs.ts'

/** The outputs until a message is sent. */
const NOT_SENT = { result: 'failed', 'message-id': '', 'thread-id': '', payload: '' }

await runAction(async signal => {
  const env = withPeersInputs(withVariables(process.env), text => runnerLog.notice(text))
  await softened(env, signal, async onError => {
    setOutputs(NOT_SENT)
    if (isFollowing(env)) return follow(env, onError, signal)
    const inputs = await inputsFrom(env, onError, file => readWorkspaceFile(env, file))
    // Inputs with a mistake are refused without loading what a message is sent with.
    const { send } = await import('./adapters/send.ts')
    await send(inputs, env, signal, ({ outputs }) => setOutputs(outputs))
  })
})

/** Posts "started", and leaves to the post part what it needs to edit the message. */
async function follow(given: Environment, onError: OnError, signal: AbortSignal): Promise<void> {
  const problem = untrustedJobStatus('follow: job', new InputReader(given).text('job-status'), given)
  if (problem) throw problem
  const env = { ...given, INPUT_STATUS: 'started' }
  let template: string | undefined
  const inputs = await inputsFrom(env, onError, file => {
    template = readWorkspaceFile(env, file)
    return template
  })
  const { readFacts } = await import('./real-world.ts')
  const { send } = await import('./adapters/send.ts')
  // Without a webhook there is nothing to follow with; `send` says so.
  if (inputs.targets.length === 0) return send(inputs, env, signal, ({ outputs }) => setOutputs(outputs))
  const [startedAt, facts, saved] = [systemClock.now(), readFacts(env, inputs.sha), inputsToSave(given)]
  const save = (messages: Followed['messages']) =>
    saveState(FOLLOWED, serializeFollowed({ version: 1, inputs: saved, template, facts, startedAt, messages }))
  // Already now: when this part is killed or Discord does not respond, the post part posts a message of its own.
  save([])
  const { results } = await otherResults(env, systemClock.now())
  const warning = misplaced(results)
  if (warning) runnerLog.warning(warning, '`follow: job` stands after the deploy')
  // Files are the work of later steps, so they are attached at the end.
  await send({ ...inputs, files: [] }, env, signal, ({ outputs, messages }) => {
    setOutputs(outputs)
    save(messages)
  })
}
