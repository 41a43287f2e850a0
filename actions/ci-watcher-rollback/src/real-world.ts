import { surveyProject } from '@deploy-actions/core/deploy/project'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { runnerContext } from '@deploy-actions/core/deploy/runner-context'
import { CommitCi } from '@deploy-actions/core/github/commit-ci'
import { GitHubApi } from '@deploy-actions/core/github/github-api'
import type { Watcher } from '@deploy-actions/core/github/judge/policy'
import { openOctokit } from '@deploy-actions/core/github/octokit'
import type { Subject } from '@deploy-actions/core/github/watch/read-snapshot'
import { lookOnce, type WatchContext, watchCi } from '@deploy-actions/core/github/watch/watch'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { type GitHubRun, whoRuns } from '@deploy-actions/core/runner/github-run'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { openStateFile } from './adapters/state-file.ts'
import { eventRunOf, withEventRun } from './event-run.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './run.ts'
import { recordValidated, type StateFile } from './validated.ts'

const USER_AGENT = 'deploy-actions/ci-watcher-rollback'
/** Milliseconds for what is read after the verdict. */
const AFTERWARDS = 60_000

interface Runner {
  readonly env: Environment
  readonly signal: AbortSignal
  readonly timeline: Timeline
  readonly facts: GitHubRun
}

export function realWorld(inputs: Inputs, { env, signal, timeline, facts }: Runner): World {
  const { sha, policy, token, server, stateFile } = inputs
  const clock = systemClock
  const http = createHttpClient({ env, clock, userAgent: USER_AGENT })
  const { apiUrl, serverUrl, repository } = facts
  const api = new GitHubApi({
    ...{ clock, signal, apiUrl },
    open: () => openOctokit({ http, apiUrl, token, signal }),
    onPause: (thrown, pause) => runnerLog.info(`  ${thrown.title}: the next attempt is in ${formatDuration(pause)}`),
  })
  const ci = new CommitCi({ api, repository, serverUrl })
  const event = inputs.mode === 'event' ? eventRunOf(facts.payload) : undefined
  const engine =
    server &&
    runnerContext({
      ...{ env, signal, http, clock, log: runnerLog, connection: server.connection },
      by: whoRuns(env),
      purpose: `rollback of commit ${sha}`,
      phase: (name, work, isGood) => timeline.phase(name, work, isGood),
    })
  let state: StateFile | undefined
  let said = ''
  const context: WatchContext = {
    ...{ ci, clock, signal, random: Math.random, budget: () => api.budget },
    onLook: ({ reason }) => {
      if (reason !== said) runnerLog.info(`  ${reason}`)
      said = reason
    },
    ...(server && engine ? { deployed: () => deployedOn(server, engine, sha) } : {}),
    ...(event ? { amend: snapshot => withEventRun(snapshot, event) } : {}),
  }
  return {
    signal,
    skip: skipReason(event?.from, repository),
    async prepare() {
      if (stateFile !== undefined) state = await openStateFile(stateFile, env)
    },
    watch: () =>
      timeline.phase(`Watch the CI of commit ${sha}`, async () => {
        const subject: Subject = { sha, policy, watcher: watcherOf(facts, env) }
        return inputs.mode === 'event' ? lookOnce(subject, context) : watchCi(subject, inputs.pace, context)
      }),
    record: async () =>
      state && recordValidated(sha, state, (base, head) => ci.compare(base, head, clock.now() + AFTERWARDS)),
    validated: async () => state?.read(),
    rollBack() {
      if (server === undefined || engine === undefined) throw new Error('a rollback without a server')
      return rollback(server.rollback, engine)
    },
  }
}

/** Anybody can open a pull request from a branch of this name: its commit is not what was deployed, and must not count as validated. */
function skipReason(from: string | undefined, repository: string): string | undefined {
  if (from === undefined || from === '' || from === repository) return undefined
  return `The run that started this one is for a commit of ${from}, a fork: there is nothing to watch`
}

function watcherOf({ runId, url, repository }: GitHubRun, env: Environment): Watcher {
  const reference = env['GITHUB_WORKFLOW_REF'] ?? ''
  const id = Number(runId)
  return {
    runId: Number.isSafeInteger(id) && id > 0 ? id : undefined,
    workflowFile: reference.replace(`${repository}/`, '').replace(/@.*$/, ''),
    runUrl: url,
  }
}

/** The rollback itself compares again, under the lock; without a lock it is soon known that a newer deploy is there or under way. */
async function deployedOn(
  { rollback: options }: NonNullable<Inputs['server']>,
  engine: Parameters<typeof surveyProject>[1],
  sha: string,
): Promise<string | undefined> {
  try {
    await using surveyed = await surveyProject(options, engine)
    const deployed = surveyed.store.held?.sha
    // A release can name its commit by its first digits.
    return deployed !== undefined && sha.startsWith(deployed) ? sha : deployed
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown
    return undefined
  }
}
