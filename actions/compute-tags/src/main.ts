import { gitIn } from '@deploy-actions/core/git/work-tree'
import { readGitHubRun } from '@deploy-actions/core/runner/github-run'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { runAction } from '@deploy-actions/core/runner/run-action'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { publish } from './adapters/publish.ts'
import { readInputs } from './inputs.ts'
import { run } from './run.ts'

await runAction(async signal => {
  const { env } = process
  const inputs = readInputs(env)
  const { token } = inputs
  maskSecrets([token])
  const githubRun = await readGitHubRun(env)
  const result = await run(inputs, githubRun, {
    now: () => new Date(),
    git: gitIn(process.cwd(), env),
    // Loaded only when it is asked: most events tell all that is needed.
    api:
      token &&
      (async () => (await import('./adapters/repository-api.ts')).repositoryApi(githubRun, token, env, signal)),
    log: runnerLog,
  })
  await publish(result, inputs.exportEnv, env)
  await appendSummary(result.summary, env)
})
