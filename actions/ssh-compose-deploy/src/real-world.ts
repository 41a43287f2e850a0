import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@deploy-actions/core/deploy/context'
import { runnerContext } from '@deploy-actions/core/deploy/runner-context'
import { writeCommitFiles } from '@deploy-actions/core/git/commit-files'
import { gitIn } from '@deploy-actions/core/git/work-tree'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { whoRuns } from '@deploy-actions/core/runner/github-run'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'
import type { CheckOut } from './commit-source.ts'
import type { Inputs } from './inputs.ts'

const USER_AGENT = 'deploy-actions/ssh-compose-deploy'

interface Runner extends Required<Pick<Context, 'signal' | 'hide'>> {
  readonly timeline: Timeline
  readonly env: Environment
}

/** The engine's context: a runner, its disk, its network. */
export function realWorld(inputs: Inputs, { timeline, env, signal, hide }: Runner): Context {
  const http = createHttpClient({ env, clock: systemClock, userAgent: USER_AGENT })
  return runnerContext({
    ...{ env, signal, hide, http, connection: inputs.connection, clock: systemClock, log: runnerLog },
    by: whoRuns(env),
    purpose: inputs.mode,
    phase: (name, work, isGood) => timeline.phase(name, work, isGood),
  })
}

/** Writes the files of a commit into a temporary folder of the runner. */
export function checkOutWith(env: Environment, signal: AbortSignal): CheckOut {
  // Neither git nor what it starts needs the step's inputs, which hold the secrets.
  const ours = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')))
  return async (folder, sha) => {
    const temp = env['RUNNER_TEMP'] || tmpdir()
    await mkdir(temp, { recursive: true })
    const made = await mkdtemp(join(temp, 'commit-'))
    const remove = () => rm(made, { recursive: true, force: true })
    const files = join(made, 'files')
    try {
      await mkdir(files)
      const gitAt = (at: string, variables = {}) => gitIn(at, { ...ours, ...variables }, signal)
      const written = await writeCommitFiles(gitAt, { folder, sha }, { files, index: join(made, 'index') })
      return { ...written, folder: files, [Symbol.asyncDispose]: remove }
    } catch (thrown) {
      await remove()
      signal.throwIfAborted()
      throw thrown
    }
  }
}
