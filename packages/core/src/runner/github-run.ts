import { readFile } from 'node:fs/promises'
import { ActionError } from '../values/action-error.ts'
import type { Environment } from './inputs.ts'

/** The run that an action is a step of, as the runner's variables tell it. */
export interface GitHubRun {
  readonly eventName: string
  /** What the webhook sent: https://docs.github.com/webhooks/webhook-events-and-payloads. `{}` when there is none. */
  readonly payload: unknown
  readonly ref: string
  readonly sha: string
  /** Only for pull requests. */
  readonly headRef: string
  /** `owner/name`. */
  readonly repository: string
  readonly serverUrl: string
  readonly apiUrl: string
  readonly workflow: string
  readonly actor: string
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: string
}

export async function readGitHubRun(env: Environment): Promise<GitHubRun> {
  const text = (name: string) => env[name] ?? ''
  return {
    eventName: text('GITHUB_EVENT_NAME'),
    payload: await readPayload(text('GITHUB_EVENT_PATH')),
    ref: text('GITHUB_REF'),
    sha: text('GITHUB_SHA'),
    headRef: text('GITHUB_HEAD_REF'),
    repository: text('GITHUB_REPOSITORY'),
    serverUrl: text('GITHUB_SERVER_URL') || 'https://github.com',
    apiUrl: text('GITHUB_API_URL') || 'https://api.github.com',
    workflow: text('GITHUB_WORKFLOW'),
    actor: text('GITHUB_ACTOR'),
    runId: text('GITHUB_RUN_ID'),
    runNumber: text('GITHUB_RUN_NUMBER'),
    runAttempt: text('GITHUB_RUN_ATTEMPT'),
  }
}

async function readPayload(file: string): Promise<unknown> {
  if (file === '') return {}
  try {
    return JSON.parse(await readFile(file, 'utf8')) ?? {}
  } catch (thrown) {
    if (isMissing(thrown)) return {}
    throw new ActionError({
      title: 'The event cannot be read',
      message: `GITHUB_EVENT_PATH names ${file}, which is no JSON that can be read.`,
      next: 'The runner writes this file. When you run the step locally, give it a JSON object.',
      cause: thrown,
    })
  }
}

/** By its code, not its class: the error may come from another realm, such as a test's. */
function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT'
}
