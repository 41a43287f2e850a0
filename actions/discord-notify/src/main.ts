import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { Secret } from '@deploy-actions/core/values/secret'
import { type Inputs, isBroken, readInputs, readOnError, withPeersWebhook } from './inputs.ts'
import { readWorkspaceFile, realWorld } from './real-world.ts'
import { failureOf, logReport, MissingWebhook, NOT_TOLD, outputsOf, summaryOf } from './report.ts'
import { run } from './run.ts'

await runAction(async signal => {
  const onError = readOnError(process.env)
  try {
    await notify(withPeersWebhook(process.env), onError, signal)
  } catch (thrown) {
    if (onError === 'fail' || thrown instanceof MissingWebhook || signal.aborted) throw thrown
    const { title, next } =
      thrown instanceof ActionError ? thrown : { title: 'Discord was not notified', next: undefined }
    runnerLog.warning(`${messageOf(thrown)}${next ? `\n\nNext: ${next}` : ''}`, title)
  }
})

async function notify(env: Environment, onError: 'warn' | 'fail', signal: AbortSignal): Promise<void> {
  setOutputs(NOT_TOLD)
  const inputs = inputsFrom(env, onError)
  if (inputs.targets.length === 0 && inputs.failsOnMissingWebhook) throw new MissingWebhook()
  const report = await run(inputs, realWorld(inputs, env, signal))
  const failure = failureOf(report, inputs)
  logReport(report, inputs, runnerLog)
  setOutputs(outputsOf(report))
  await appendSummary(summaryOf(report, failure), env)
  if (failure) throw failure
}

/** Under `warn` a mistake in what a message looks like is told, and the message goes out without it. */
function inputsFrom(env: Environment, onError: 'warn' | 'fail'): Inputs {
  const read = new InputReader(env)
  const looks = onError === 'fail' ? read : new InputReader(env)
  maskSecrets([...read.lines('webhook').map(line => new Secret(line)), read.secret('webhook-token')])
  const inputs = readInputs(read, looks, file => readWorkspaceFile(env, file))
  read.finish()
  // The token alone too: it is what a URL is cut and glued to.
  maskSecrets(inputs.targets.flatMap(target => (isBroken(target) ? [] : [target.webhook.token])))
  if (onError === 'warn')
    for (const problem of looks.problems) runnerLog.warning(`${problem}. The message is sent all the same.`)
  return inputs
}
