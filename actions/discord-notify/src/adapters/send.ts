import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import type { PostedMessage } from '../follow.ts'
import type { Inputs } from '../inputs.ts'
import { realWorld } from '../real-world.ts'
import { failureOf, logReport, messagesOf, outputsOf, summaryOf } from '../report.ts'
import { type Report, run, type World } from '../run.ts'

/** What became of a message, as the parts of the step hand it on. */
export interface Sent {
  readonly result: Report['result']
  readonly outputs: Readonly<Record<string, string>>
  readonly messages: readonly (PostedMessage | null)[]
}

/** Sends the message and reports it in the log and the summary; throws after `onSent` when a webhook failed. */
export async function send(
  inputs: Inputs,
  env: Environment,
  signal: AbortSignal,
  onSent: (sent: Sent) => void,
  facts?: World['facts'],
): Promise<void> {
  const world = realWorld(inputs, env, signal)
  const report = await run(inputs, facts === undefined ? world : { ...world, facts })
  const failure = failureOf(report, inputs)
  logReport(report, inputs, runnerLog)
  onSent({ result: report.result, outputs: outputsOf(report), messages: messagesOf(report, inputs) })
  await appendSummary(summaryOf(report, failure), env)
  if (failure) throw failure
}
