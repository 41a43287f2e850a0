import type { RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { mergeQueuePull, parseGitRef } from '@deploy-actions/core/values/git-ref'

type Variables = Readonly<Record<string, string | undefined>>

/** The facts of a run, from the runner's variables and the event's payload. What is not there is left empty: a notification never fails for it. */
export function runFacts(env: Variables, event: unknown, sha: string | undefined): RunFacts {
  const variable = (name: string) => env[name] ?? ''
  const serverUrl = variable('GITHUB_SERVER_URL') || 'https://github.com'
  const repository = variable('GITHUB_REPOSITORY')
  const commit = commitOf(event, variable('GITHUB_SHA'))
  const told = sha ?? commit.sha
  // Of another commit than the event's we know nothing but its id.
  const isOther = sha !== undefined && !commit.sha.startsWith(sha)
  const login = commit.login ?? (commit.name === undefined || isOther ? variable('GITHUB_ACTOR') : undefined)
  return {
    repository,
    serverUrl,
    ref: commit.ref ?? refOf(variable('GITHUB_REF'), variable('GITHUB_REF_NAME')),
    sha: told,
    ...(commit.message && !isOther ? { message: commit.message } : {}),
    author:
      isOther || login
        ? { name: (isOther ? undefined : commit.login) || variable('GITHUB_ACTOR'), isLogin: true }
        : { name: commit.name ?? '', isLogin: false },
    workflow: variable('GITHUB_WORKFLOW') || 'Workflow',
    runUrl: `${serverUrl}/${repository}/actions/runs/${variable('GITHUB_RUN_ID')}`,
    runNumber: variable('GITHUB_RUN_NUMBER'),
    runAttempt: variable('GITHUB_RUN_ATTEMPT') || '1',
  }
}

interface Commit {
  readonly sha: string
  readonly message: string | undefined
  readonly login: string | undefined
  readonly name: string | undefined
  readonly ref?: RunFacts['ref']
}

/** Where each event has its commit. https://docs.github.com/webhooks/webhook-events-and-payloads */
function commitOf(event: unknown, runSha: string): Commit {
  const text = (...path: string[]) => {
    const found = path.reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), event)
    return typeof found === 'string' && found !== '' ? found : typeof found === 'number' ? String(found) : undefined
  }
  const run = text('workflow_run', 'head_sha')
  if (run !== undefined) {
    return {
      sha: run,
      message: text('workflow_run', 'head_commit', 'message'),
      login: text('workflow_run', 'actor', 'login'),
      name: text('workflow_run', 'head_commit', 'author', 'name'),
      ref: { kind: 'branch', name: text('workflow_run', 'head_branch') ?? '' },
    }
  }
  const pull = text('pull_request', 'head', 'sha')
  if (pull !== undefined) {
    return {
      sha: pull,
      message: text('pull_request', 'title'),
      login: text('pull_request', 'user', 'login'),
      name: undefined,
      ref: { kind: 'pull request', name: text('pull_request', 'number') ?? '' },
    }
  }
  const head = text('head_commit', 'id') === undefined ? 'merge_group' : undefined
  const path = (...keys: string[]) => text(...(head ? [head] : []), 'head_commit', ...keys)
  return {
    sha: path('id') ?? runSha,
    message: path('message'),
    login: path('author', 'username'),
    name: path('author', 'name'),
  }
}

function refOf(ref: string, name: string): RunFacts['ref'] {
  const parsed = parseGitRef(ref)
  const queued = parsed.kind === 'branch' ? mergeQueuePull(parsed.name) : undefined
  if (queued) return { kind: 'pull request', name: queued.number }
  switch (parsed.kind) {
    case 'pull':
      return { kind: 'pull request', name: parsed.name.split('/')[0] ?? '' }
    case 'other':
      return { kind: 'other', name: name || parsed.name }
    default:
      return parsed
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
