import type { EnvEntries } from '@deploy-actions/core/compose/dotenv'
import { secretValues } from '@deploy-actions/core/compose/env-secrets'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { EndedBeforeSwitch } from '@deploy-actions/core/deploy/untouched'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { readWithReason } from '@deploy-actions/core/runner/failure'
import { readGitHubRun } from '@deploy-actions/core/runner/github-run'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskedSecretsRedactor, maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { Secret } from '@deploy-actions/core/values/secret'
import { commitOf } from './commit.ts'
import { isPublic, readInputs, secretsIn, secretsOf } from './inputs.ts'
import { outputsOf } from './outputs.ts'
import { checkOutWith, realWorld } from './real-world.ts'
import { summaryOf } from './report.ts'
import { run } from './run.ts'

const { env } = process

await runAction(async signal => {
  const start = systemClock.now()
  const read = new InputReader(env)
  maskSecrets(secretsIn(read))
  const inputs = readWithReason(() => readInputs(read, env))
  for (const notice of read.notices) runnerLog.notice(notice)
  maskSecrets(secretsOf(inputs))
  const hide = (entries: EnvEntries) =>
    maskSecrets(secretValues(entries, value => isPublic(value, inputs)).map(value => new Secret(value)))
  const timeline = new Timeline(systemClock, runnerLog)
  const world = realWorld(inputs, { timeline, env, signal, hide })
  const outcome = await run(inputs, world, checkOutWith(env, signal)).catch(failed)
  const { server } = inputs.connection
  const hostName = server === 'local' ? server : server.host
  const { mode, dryRun, options } = inputs
  const deployed = mode === 'deploy' ? options : outcome.release
  describeResult({
    hosts: [server === 'local' ? server : `${server.user}@${server.host}:${server.port}`],
    path: options.path,
    version: deployed?.version ?? '',
    sha: deployed?.sha ?? '',
  })
  for (const line of outcome.details ?? []) runnerLog.info(line)
  runnerLog.info(outcome.headline)
  // What the run found in an `env-file` is hidden too.
  const clean = maskedSecretsRedactor()
  const outputs = outputsOf(outcome, hostName, systemClock.now() - start)
  setOutputs({ ...outputs, reason: clean(outputs['reason'] ?? '') })
  const name =
    server === 'local' ? 'this runner' : `${server.user}@${server.host}${server.port === 22 ? '' : `:${server.port}`}`
  // A summary without a commit is better than none.
  const commit = await readGitHubRun(env).then(
    facts => commitOf(inputs, outcome, facts),
    () => undefined,
  )
  // The runner masks the summary only when it uploads it, and other runners do not mask it at all.
  await appendSummary(summaryOf(outcome, { server: name, mode, dryRun, phases: timeline.phases, commit }, clean), env)
  if (outcome.failure) throw outcome.failure
})

/** What was thrown ended the run before the switch, or carries the exit status for an unknown state. */
function failed(thrown: unknown): Outcome {
  if (!(thrown instanceof ActionError)) throw thrown
  const common = { result: 'failed', headline: thrown.title, failure: thrown } as const
  if (thrown instanceof EndedBeforeSwitch) {
    const { present, previous } = thrown
    return { ...common, release: present.release, previous, runsNow: present.text }
  }
  const runsNow = thrown.exitStatus === 1 ? 'not inspected' : 'not known'
  return { ...common, release: undefined, previous: undefined, runsNow }
}
