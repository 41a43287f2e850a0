import type { RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { pullRequestUrl, type RunVariables, readRunVariables } from '@deploy-actions/core/runner/github-run'
import { mergeQueuePull, parseGitRef } from '@deploy-actions/core/values/git-ref'

type Variables = Readonly<Record<string, string | undefined>>

/** The facts of a run, from the runner's variables and the event's payload. What is not there is left empty: a notification never fails for it. */
export function runFacts(env: Variables, event: unknown, sha: string | undefined): RunFacts {
  const run = readRunVariables(env, event)
  const commit = commitOf(event, run)
  const told = sha ?? commit.sha
  // Of another commit than the event's we know nothing but its id.
  const isOther = sha !== undefined && !commit.sha.startsWith(sha)
  const login = commit.login ?? (commit.name === undefined || isOther ? run.actor : undefined)
  return {
    repository: run.repository,
    serverUrl: run.serverUrl,
    ref: commit.ref ?? refOf(run, env['GITHUB_REF_NAME'] ?? ''),
    sha: told,
    ...(commit.message && !isOther ? { message: commit.message } : {}),
    author:
      isOther || login
        ? { name: (isOther ? undefined : commit.login) || run.actor, isLogin: true }
        : { name: commit.name ?? '', isLogin: false },
    workflow: run.workflow || 'Workflow',
    runUrl: run.url || run.serverUrl,
    runNumber: run.runNumber,
    runAttempt: run.runAttempt || '1',
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
function commitOf(event: unknown, run: RunVariables): Commit {
  const text = (...path: string[]) => {
    const found = path.reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), event)
    return typeof found === 'string' && found !== '' ? found : typeof found === 'number' ? String(found) : undefined
  }
  const tested = text('workflow_run', 'head_sha')
  if (tested !== undefined) {
    return {
      sha: tested,
      message: text('workflow_run', 'head_commit', 'message'),
      login: text('workflow_run', 'actor', 'login'),
      name: text('workflow_run', 'head_commit', 'author', 'name'),
      ref: { kind: 'branch', name: text('workflow_run', 'head_branch') ?? '' },
    }
  }
  const pull = text('pull_request', 'head', 'sha')
  if (pull !== undefined) {
    const url = text('pull_request', 'html_url')
    const ref = pullRef(text('pull_request', 'number') ?? '', run)
    return {
      sha: pull,
      message: text('pull_request', 'title'),
      login: text('pull_request', 'user', 'login'),
      name: undefined,
      ref: url === undefined ? ref : { ...ref, url },
    }
  }
  const head = text('head_commit', 'id') === undefined ? 'merge_group' : undefined
  const path = (...keys: string[]) => text(...(head ? [head] : []), 'head_commit', ...keys)
  return {
    sha: path('id') ?? run.sha,
    message: path('message'),
    login: path('author', 'username'),
    name: path('author', 'name'),
  }
}

function pullRef(number: string, run: RunVariables): RunFacts['ref'] {
  return { kind: 'pull request', name: number, url: pullRequestUrl(run, number) }
}

function refOf(run: RunVariables, name: string): RunFacts['ref'] {
  const parsed = parseGitRef(run.ref)
  const queued = parsed.kind === 'branch' ? mergeQueuePull(parsed.name) : undefined
  if (queued) return pullRef(queued.number, run)
  switch (parsed.kind) {
    case 'pull':
      return pullRef(parsed.name.split('/')[0] ?? '', run)
    case 'other':
      return { kind: 'other', name: name || parsed.name }
    default:
      return parsed
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
