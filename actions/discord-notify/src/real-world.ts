import { readFileSync } from 'node:fs'
import path from 'node:path'
import { DiscordClient } from '@deploy-actions/core/discord/client'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { readAttachments } from './adapters/attachments.ts'
import { cacheState } from './adapters/cache-state.ts'
import { fileState } from './adapters/file-state.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './run.ts'
import { runFacts } from './run-facts.ts'

/** The runner, its disk and the network, as `run` wants them. */
export function realWorld(inputs: Inputs, env: Environment, signal: AbortSignal): World {
  const workspace = env['GITHUB_WORKSPACE'] || process.cwd()
  const home = `https://github.com/${env['GITHUB_ACTION_REPOSITORY'] || 'org/actions'}`
  // The form that Discord asks for; others may be blocked: https://docs.discord.com/developers/reference#user-agent
  const http = createPlainHttpClient({ env, clock: systemClock, userAgent: `DiscordBot (${home}, 1)` })
  const clock = systemClock
  return {
    facts: readFacts(env, inputs.sha),
    clock,
    log: runnerLog,
    connect: webhook =>
      new DiscordClient(webhook, {
        http,
        clock,
        timeout: inputs.timeout,
        signal,
        onPause: (reason, ms) => runnerLog.info(`${reason}; next try in ${formatDuration(ms)}`),
      }),
    readFiles: patterns => readAttachments(patterns, workspace, runnerLog),
    state: stateOf(inputs, env, workspace),
  }
}

/** The facts of the run, from the runner's variables and the event. */
export function readFacts(env: Environment, sha: string | undefined): World['facts'] {
  return runFacts(env, readEvent(env), sha)
}

function stateOf(inputs: Inputs, env: Environment, workspace: string): World['state'] {
  if (inputs.stateFile) return fileState(path.resolve(workspace, inputs.stateFile))
  if (!inputs.stateKey) return undefined
  const entry = `${env['GITHUB_RUN_ID'] ?? ''}-${env['GITHUB_RUN_ATTEMPT'] ?? ''}-${systemClock.now()}`
  return cacheState(inputs.stateKey, entry, workspace, runnerLog)
}

/** The event's payload; nothing where there is none that can be read, as a notification can do without. */
function readEvent(env: Environment): unknown {
  try {
    return JSON.parse(readFileSync(env['GITHUB_EVENT_PATH'] ?? '', 'utf8'))
  } catch {
    return undefined
  }
}
