import { annotate } from '@deploy-actions/core/runner/annotation'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { readWorkspaceFile, writeWorkspaceFile } from '@deploy-actions/core/runner/files'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { loadChecks } from './checks/load-checks.ts'
import { ChecksMistaken } from './checks/mistaken.ts'
import { readInputs } from './inputs.ts'
import { publish, type Sink } from './publish.ts'
import { run } from './run.ts'

const { env } = process

const sink: Sink = {
  log: runnerLog,
  annotate,
  summary: markdown => appendSummary(markdown, env),
  file: (path, text) => writeWorkspaceFile(path, text, env),
  outputs: setOutputs,
}

await runAction(async signal => {
  const read = new InputReader(env)
  const inputs = readInputs(read, env)
  for (const notice of read.notices) runnerLog.notice(notice)
  const secrets = [...inputs.secrets, ...(inputs.connection?.secrets ?? [])]
  maskSecrets(secrets)
  const plans = await loadChecks(inputs, env, path => readWorkspaceFile(path, env), runnerLog).catch(told)
  // Inputs and checks with a mistake are refused without loading what attempts are made with.
  const { realWorld } = await import('./real-world.ts')
  await using world = await realWorld(inputs, plans, env, signal)
  const startedAt = systemClock.now()
  const outcome = await run(plans, { ...inputs, secrets }, world)
  await publish({ ...inputs, ...outcome, startedAt }, sink)
  signal.throwIfAborted()
})

/** Each mistake stands beside its line; all of them together are the failure. */
function told(thrown: unknown): never {
  if (thrown instanceof ChecksMistaken) for (const annotation of thrown.annotations) annotate(annotation)
  throw thrown
}
