import type { EnvEntries } from '@deploy-actions/core/compose/dotenv'
import { secretValues } from '@deploy-actions/core/compose/env-secrets'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { redactor, Secret } from '@deploy-actions/core/values/secret'
import { isPublic, readInputs, secretsOf } from './inputs.ts'
import { outputsOf } from './outputs.ts'
import { checkOutWith, realWorld } from './real-world.ts'
import { summaryOf } from './report.ts'
import { run } from './run.ts'

await runAction(async signal => {
  const { env } = process
  const start = systemClock.now()
  const read = new InputReader(env)
  const inputs = readInputs(read, env)
  for (const notice of read.notices) runnerLog.notice(notice)
  const secrets = secretsOf(inputs)
  maskSecrets(secrets)
  const hide = (entries: EnvEntries) => {
    const found = secretValues(entries, value => isPublic(value, inputs)).map(value => new Secret(value))
    maskSecrets(found)
    secrets.push(...found)
  }
  const timeline = new Timeline(systemClock, runnerLog)
  const world = realWorld(inputs, { timeline, env, signal, hide })
  const outcome = await run(inputs, world, checkOutWith(env, signal)).catch(failed)
  const { server } = inputs.connection
  const hostName = server === 'local' ? server : server.host
  describeResult({
    hosts: [server === 'local' ? server : `${server.user}@${server.host}:${server.port}`],
    path: inputs.options.path,
    version: inputs.options.version ?? '',
    sha: inputs.options.sha ?? '',
  })
  for (const line of outcome.details ?? []) runnerLog.info(line)
  runnerLog.info(outcome.headline)
  setOutputs(outputsOf(outcome, hostName, systemClock.now() - start))
  const name =
    server === 'local' ? 'this runner' : `${server.user}@${server.host}${server.port === 22 ? '' : `:${server.port}`}`
  const isPlan = inputs.dryRun || inputs.mode === 'status'
  // The runner masks the summary only when it uploads it, and other runners do not mask it at all.
  await appendSummary(summaryOf(outcome, { server: name, phases: timeline.phases, isPlan }, redactor(secrets)), env)
  if (outcome.failure) throw outcome.failure
})

/** What was thrown ended the run before the switch, or carries the exit status for an unknown state. */
function failed(thrown: unknown): Outcome {
  if (!(thrown instanceof ActionError)) throw thrown
  return { result: 'failed', release: undefined, previous: undefined, headline: thrown.title, failure: thrown }
}
