import { type Answer, json } from './answer.ts'
import { GITEA_PAGES, pageOf } from './paging.ts'
import { type Call, commitOf, newestOfContext } from './routes.ts'
import type { FakeStatus } from './state.ts'

/** What Gitea and Forgejo answer in place of GitHub, as it was seen on Gitea 1.26.0 and 1.27.3. Neither has check runs. */
export function giteaAnswer(path: string, call: Call): Answer {
  if (path === '/version') return json(200, { version: '1.27.3' })
  const [, kind, reference = ''] =
    /^\/repos\/[^/]+\/[^/]+\/(commits|branches|compare)\/(.+?)(?:\/status)?$/.exec(path) ?? []
  const given = { ...call, params: [decodeURIComponent(reference)] }
  if (kind === 'commits' && path.endsWith('/status')) return combinedStatus(given)
  if (kind === 'branches') return showBranch(given)
  if (kind === 'compare') return compare(given)
  return noPage()
}

/** The router's own, not the API's. */
function noPage(): Answer {
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' }
}

function notThere(): Answer {
  return json(404, { message: "The target couldn't be found.", url: 'https://gitea.example/api/swagger', errors: [] })
}

/** `total_count` and `state` are those of the page, and an empty list is null. */
function combinedStatus({ repository, params, query, address }: Call): Answer {
  const sha = commitOf({ repository, params })
  if (typeof sha !== 'string') return notThere()
  const all = newestOfContext(repository.statuses.filter(status => status.sha === sha))
  const { entries, link } = pageOf(all, query, GITEA_PAGES, address)
  const states = entries.map(({ state }) => state)
  const isFailed = states.some(state => ['error', 'failure', 'warning'].includes(state))
  const isPassed = states.length > 0 && states.every(state => ['success', 'skipped'].includes(state))
  const body = {
    state: isFailed ? 'failure' : isPassed ? 'success' : 'pending',
    sha,
    total_count: entries.length,
    statuses: entries.length === 0 ? null : entries.map(statusBody),
    commit_url: '',
    url: '',
  }
  return json(200, body, { 'x-total-count': String(all.length), ...(link ? { link } : {}) })
}

function statusBody({ id, state, targetUrl, context, createdAt }: FakeStatus) {
  const time = new Date(createdAt).toISOString()
  return {
    id,
    status: state,
    target_url: targetUrl ?? '',
    description: '',
    url: '',
    context,
    creator: null,
    created_at: time,
    updated_at: time,
  }
}

function showBranch({ repository, params }: Call): Answer {
  const name = params[0] ?? ''
  const head = repository.branches.get(name)
  return head === undefined
    ? notThere()
    : json(200, { name, commit: { id: head, message: 'Sell more' }, protected: false })
}

function compare({ repository, params }: Call): Answer {
  const [base = '', head = ''] = (params[0] ?? '').split('...')
  if (!repository.has(base) || !repository.has(head)) return notThere()
  const before = repository.history(base)
  const commits = repository.history(head).filter(sha => !before.includes(sha))
  return json(200, { total_commits: commits.length, commits: commits.map(sha => ({ sha })), files: [] })
}
