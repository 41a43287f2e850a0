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
import { commitOfEvent } from './event-run.ts'
import { readInputs, secretsIn, secretsOf } from './inputs.ts'
import { outputsOf } from './outputs.ts'
import { realWorld } from './real-world.ts'
import { summaryOf } from './report.ts'
import { run } from './run.ts'

const { env } = process

await runAction(async signal => {
  const read = new InputReader(env)
  maskSecrets(secretsIn(read))
  const facts = await readGitHubRun(env)
  const event = { eventName: facts.eventName, sha: commitOfEvent(facts.payload, facts.sha) }
  const inputs = readWithReason(() => readInputs(read, env, event))
  for (const notice of read.notices) runnerLog.notice(notice)
  maskSecrets(secretsOf(inputs))
  const { sha, server } = inputs
  const name = server === undefined ? '' : nameOf(server.connection.server)
  describeResult({ sha, hosts: name === '' ? [] : [name], path: server?.rollback.path ?? '' })
  const timeline = new Timeline(systemClock, runnerLog)
  const outcome = await run(inputs, realWorld(inputs, { env, signal, timeline, facts }))
  runnerLog.info(outcome.headline)
  for (const note of outcome.notes) runnerLog.warning(note)
  const clean = maskedSecretsRedactor()
  const outputs = outputsOf(outcome, sha)
  setOutputs({ ...outputs, reason: clean(outputs['reason'] ?? '') })
  const url = facts.repository === '' ? {} : { url: `${facts.serverUrl}/${facts.repository}/commit/${sha}` }
  // The runner masks the summary only when it uploads it, and other runners do not mask it at all.
  await appendSummary(summaryOf(outcome, { server: name, commit: { sha, ...url } }, clean), env)
  if (outcome.failure) throw outcome.failure
})

function nameOf(server: NonNullable<ReturnType<typeof readInputs>['server']>['connection']['server']): string {
  return server === 'local' ? server : `${server.user}@${server.host}:${server.port}`
}
