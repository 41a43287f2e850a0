import { reasonOf } from '@deploy-actions/core/report/reason'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { Secret } from '@deploy-actions/core/values/secret'
import { type Inputs, isBroken, readInputs, readOnError } from '../inputs.ts'
import { realWorld } from '../real-world.ts'
import { failureOf, logReport, MissingWebhook, summaryOf } from '../report.ts'
import { type Report, run, type World } from '../run.ts'

export type OnError = 'warn' | 'fail'

/** Runs a part of the step. Under `warn` what it throws is a warning. */
export async function softened(
  env: Environment,
  signal: AbortSignal,
  work: (onError: OnError) => Promise<void>,
): Promise<void> {
  const onError = readOnError(env)
  try {
    await work(onError)
  } catch (thrown) {
    if (onError === 'fail' || thrown instanceof MissingWebhook || signal.aborted) throw thrown
    const { title, next } =
      thrown instanceof ActionError ? thrown : { title: 'Discord was not notified', next: undefined }
    describeResult({ reason: reasonOf({ title, message: messageOf(thrown) }) })
    runnerLog.warning(`${messageOf(thrown)}${next ? `\n\nNext: ${next}` : ''}`, title)
  }
}

/** Under `warn` a mistake in what a message looks like is logged, and the message goes out without it. */
export function inputsFrom(env: Environment, onError: OnError, readFile: (path: string) => string): Inputs {
  const read = new InputReader(env)
  const looks = onError === 'fail' ? read : new InputReader(env)
  maskSecrets([...read.lines('webhook').map(line => new Secret(line)), read.secret('webhook-token')])
  const inputs = readInputs(read, looks, readFile)
  read.finish()
  // The token alone too: it is what a URL is cut and glued to.
  maskSecrets(inputs.targets.flatMap(target => (isBroken(target) ? [] : [target.webhook.token])))
  if (onError === 'warn')
    for (const problem of looks.problems) runnerLog.warning(`${problem}. The message is sent all the same.`)
  if (inputs.targets.length === 0 && inputs.failsOnMissingWebhook) throw new MissingWebhook()
  return inputs
}

/** Sends the message and reports it in the log and the summary; throws after `onReport` when a webhook failed. */
export async function send(
  inputs: Inputs,
  env: Environment,
  signal: AbortSignal,
  onReport: (report: Report) => void,
  facts?: World['facts'],
): Promise<void> {
  const world = realWorld(inputs, env, signal)
  const report = await run(inputs, facts === undefined ? world : { ...world, facts })
  const failure = failureOf(report, inputs)
  logReport(report, inputs, runnerLog)
  onReport(report)
  await appendSummary(summaryOf(report, failure), env)
  if (failure) throw failure
}
