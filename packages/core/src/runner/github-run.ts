import { readFile } from 'node:fs/promises'
import { ActionError } from '../values/action-error.ts'
import type { Environment } from './inputs.ts'

/** What runs the workflow. Gitea, Forgejo and act set GitHub's variables, and the runners of the first two, built on act, set `ACT`. */
export type Service = 'GitHub' | 'Gitea' | 'Forgejo' | 'act'

/** The run that an action is a step of, as the runner's variables tell it. */
export interface RunVariables {
  readonly service: Service
  readonly eventName: string
  readonly ref: string
  readonly sha: string
  /** Only for pull requests. */
  readonly headRef: string
  /** `owner/name`. */
  readonly repository: string
  /** Without a slash at its end. */
  readonly serverUrl: string
  readonly apiUrl: string
  readonly workflow: string
  readonly actor: string
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: string
  /** The page of the run; '' where the runner does not name the run. */
  readonly url: string
}

export interface GitHubRun extends RunVariables {
  /** What the webhook sent: https://docs.github.com/webhooks/webhook-events-and-payloads. `{}` when there is none. */
  readonly payload: unknown
}

/** Forgejo's runner sets Gitea's variable too. */
export function serviceOf(env: Environment): Service {
  if (env['FORGEJO_ACTIONS'] === 'true') return 'Forgejo'
  if (env['GITEA_ACTIONS'] === 'true') return 'Gitea'
  return env['ACT'] === 'true' ? 'act' : 'GitHub'
}

/** Whether the server shows annotations and job summaries. Gitea and Forgejo show the log of a step and nothing else. */
export function showsAnnotations(env: Environment): boolean {
  const service = serviceOf(env)
  return service !== 'Gitea' && service !== 'Forgejo'
}

/** The payload tells which event started a called workflow where the variables do not. */
export function readRunVariables(env: Environment, payload: unknown = {}): RunVariables {
  const text = (name: string) => env[name] ?? ''
  const variables = {
    service: serviceOf(env),
    eventName: startingEvent(text('GITHUB_EVENT_NAME'), text('GITHUB_REF'), payload),
    ref: text('GITHUB_REF'),
    sha: text('GITHUB_SHA'),
    headRef: text('GITHUB_HEAD_REF'),
    repository: text('GITHUB_REPOSITORY'),
    serverUrl: (text('GITHUB_SERVER_URL') || 'https://github.com').replace(/\/+$/, ''),
    apiUrl: text('GITHUB_API_URL') || 'https://api.github.com',
    workflow: text('GITHUB_WORKFLOW'),
    actor: text('GITHUB_ACTOR'),
    runId: text('GITHUB_RUN_ID'),
    runNumber: text('GITHUB_RUN_NUMBER'),
    runAttempt: text('GITHUB_RUN_ATTEMPT'),
  }
  return { ...variables, url: runUrl(variables, text('GITEA_ACTIONS_RUNNER_VERSION')) }
}

/**
 * Forgejo, and Gitea before 1.26, have the page of a run under its number in the repository. Nothing tells a step the version of
 * the server; the runner's 1.0 came with the servers that take the id.
 */
function runUrl(run: Omit<RunVariables, 'url'>, giteaRunner: string): string {
  const isByNumber = run.service === 'Forgejo' || (run.service === 'Gitea' && /^v?0\./.test(giteaRunner))
  const id = isByNumber ? run.runNumber : run.runId
  return run.repository === '' || id === '' ? '' : `${run.serverUrl}/${run.repository}/actions/runs/${id}`
}

/** The page of a pull request, for what knows no more of it than its number. */
export function pullRequestUrl({ service, serverUrl, repository }: RunVariables, number: string): string {
  const pages = service === 'Gitea' || service === 'Forgejo' ? 'pulls' : 'pull'
  return `${serverUrl}/${repository}/${pages}/${number}`
}

export async function readGitHubRun(env: Environment): Promise<GitHubRun> {
  const payload = await readPayload(env['GITHUB_EVENT_PATH'] ?? '')
  return { ...readRunVariables(env, payload), payload }
}

/**
 * The event that started the run. In a called workflow GitHub names the caller's, as the payload is the caller's; Gitea from 1.27 on
 * names every run of a called workflow `workflow_call`, so the event is the one that the payload is of.
 */
function startingEvent(name: string, ref: string, payload: unknown): string {
  if (name !== 'workflow_call' || typeof payload !== 'object' || payload === null) return name
  const keys = new Set(Object.entries(payload).flatMap(([key, value]) => (value ? [key] : [])))
  if (keys.has('pull_request')) return ref.startsWith('refs/pull/') ? 'pull_request' : 'pull_request_target'
  return PAYLOADS.find(({ key }) => keys.has(key))?.event ?? name
}

/** A key that the payloads of one event have, in an order that decides: a schedule's payload on Gitea is a push's and a bit more. */
const PAYLOADS = [
  { key: 'schedule', event: 'schedule' },
  { key: 'workflow_run', event: 'workflow_run' },
  { key: 'release', event: 'release' },
  { key: 'commits', event: 'push' },
  { key: 'workflow', event: 'workflow_dispatch' },
] as const

async function readPayload(file: string): Promise<unknown> {
  if (file === '') return {}
  try {
    return JSON.parse(await readFile(file, 'utf8')) ?? {}
  } catch (thrown) {
    if (isMissing(thrown)) return {}
    throw new ActionError({
      title: 'The event cannot be read',
      message: `GITHUB_EVENT_PATH names ${file}, which is not JSON that can be read.`,
      next: 'Give the step a JSON object in that file when you run it locally. Otherwise the runner writes the file: report this to who runs the runner.',
      cause: thrown,
    })
  }
}

/** By its code, not its class: the error may come from another realm, such as a test's. */
function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT'
}
