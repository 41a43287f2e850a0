import { randomUUID } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@deploy-actions/core/deploy/context'
import { endpointOf } from '@deploy-actions/core/deploy/health-route'
import { writeCommitFiles } from '@deploy-actions/core/git/commit-files'
import { gitIn } from '@deploy-actions/core/git/work-tree'
import { collectFiles } from '@deploy-actions/core/host/files'
import { connectTo } from '@deploy-actions/core/host/server-inputs'
import { packTar } from '@deploy-actions/core/host/tar'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { probeHttp } from '@deploy-actions/core/probe/http-probe'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { readRunVariables } from '@deploy-actions/core/runner/github-run'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'
import type { CheckOut } from './commit-source.ts'
import type { Inputs } from './inputs.ts'

const USER_AGENT = 'deploy-actions/ssh-compose-deploy'
const PROBE_TIMEOUT = 10_000
/** A deploy is a dozen commands, one after the other: with so many shells started ahead, each needs one round trip. */
const STANDBY = 2

interface Runner extends Required<Pick<Context, 'signal' | 'hide'>> {
  readonly timeline: Timeline
  readonly env: Environment
}

/** The engine's context: a runner, its disk, its network. */
export function realWorld(inputs: Inputs, { timeline, env, signal, hide }: Runner): Context {
  const http = createHttpClient({ env, clock: systemClock, userAgent: USER_AGENT })
  return {
    clock: systemClock,
    log: runnerLog,
    signal,
    hide,
    by: whoRuns(env),
    purpose: inputs.mode,
    mark: `mark-${randomUUID()}`,
    owner: randomUUID(),
    phase: (name, work, isGood) => timeline.phase(name, work, isGood),
    connect: () => connectTo(inputs.connection, env, { clock: systemClock, log: runnerLog, signal, standby: STANDBY }),
    workspace: {
      collect: collectFiles,
      pack: packTar,
      exists: (root, path) =>
        access(join(root, path)).then(
          () => true,
          () => false,
        ),
      readText: (root, path) => readFile(join(root, path), 'utf8'),
    },
    async probe(health, host) {
      const probe = { url: health.url, timeout: PROBE_TIMEOUT, signal }
      if (health.from === 'runner') return reasonOf(await probeHttp(http, probe))
      await using tunnel = await host.tunnel(endpointOf(health))
      return reasonOf(await probeHttp(http, { ...probe, throughPort: tunnel.port }))
    },
  }
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

function reasonOf(verdict: Awaited<ReturnType<typeof probeHttp>>): string | undefined {
  return verdict.ok ? undefined : verdict.reason
}

/** The run's page, or the user of the machine when nobody's runner does it. */
function whoRuns(env: Environment): string {
  const { url, actor } = readRunVariables(env)
  return url === '' ? (env['USER'] ?? 'someone') : `${actor || 'someone'} in ${url}`
}
