import { annotate } from '@deploy-actions/core/runner/annotation'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { readEventPayload, readWorkspaceFile, writeWorkspaceFile } from '@deploy-actions/core/runner/files'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { Secret } from '@deploy-actions/core/values/secret'
import { readInputs } from './inputs.ts'
import { publish, type Sink, unexpected } from './publish.ts'
import { run, type World } from './run.ts'
import { readRunFacts } from './run-facts.ts'

const { env } = process

const sink: Sink = {
  log: runnerLog,
  annotate,
  summary: markdown => appendSummary(markdown, env),
  report: (path, json) => writeWorkspaceFile(path, json, env),
  outputs: setOutputs,
}

// What escapes from a library's callback would be printed by node itself, with its message.
process.on('uncaughtException', thrown => {
  const { title, message } = unexpected(thrown)
  annotate({ level: 'error', title, text: message })
  process.exit(1)
})

await runAction(async signal => {
  try {
    const inputs = readInputs(new InputReader(env))
    const world: World = {
      env,
      now: systemClock.now(),
      facts: readRunFacts(env, await readEventPayload(env)),
      readFile: path => readWorkspaceFile(path, env),
      mask: texts => maskSecrets(texts.map(text => new Secret(text))),
      checkRemotely: async (...args) => {
        const { checkRemotely } = await import('./remote/check-remotely.ts')
        return checkRemotely(...args, { env, clock: systemClock, timeout: inputs.connectTimeout, signal })
      },
    }
    await publish(await run(inputs, world), sink)
  } catch (thrown) {
    throw unexpected(thrown)
  }
})
