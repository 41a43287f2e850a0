import { type Answer, json, notFound, refusal } from './answer.ts'
import * as bodies from './bodies.ts'
import { GITHUB_PAGES, pageOf } from './paging.ts'
import type { FakeCheck, FakeStatus, Repository } from './state.ts'

/** What a handler gets. */
export interface Call {
  readonly repository: Repository
  readonly places: bodies.Places
  readonly params: readonly string[]
  readonly query: URLSearchParams
  /** The address of this call in the links of its pages. */
  readonly address: string
  /** Until this time the lists that are filtered by commit do not show its runs. */
  readonly listsLagUntil: number
}

export interface Route {
  /** As the description names it. */
  readonly operation: string
  /** Of a job's token. */
  readonly permission: string | undefined
  readonly handler: (call: Call) => Answer
}

const REPOSITORY = 'GET /repos/{owner}/{repo}'

export const ROUTES: readonly Route[] = [
  { operation: `${REPOSITORY}/actions/runs`, permission: 'actions', handler: listRuns },
  { operation: `${REPOSITORY}/actions/runs/{run_id}`, permission: 'actions', handler: showRun },
  { operation: `${REPOSITORY}/actions/runs/{run_id}/jobs`, permission: 'actions', handler: listJobs },
  { operation: `${REPOSITORY}/commits/{ref}/check-runs`, permission: 'checks', handler: listChecks },
  { operation: `${REPOSITORY}/commits/{ref}/check-suites`, permission: 'checks', handler: listSuites },
  { operation: `${REPOSITORY}/commits/{ref}/status`, permission: 'statuses', handler: combinedStatus },
  { operation: `${REPOSITORY}/branches/{branch}`, permission: 'contents', handler: showBranch },
  { operation: `${REPOSITORY}/compare/{basehead}`, permission: 'contents', handler: compare },
]

function listRuns(call: Call): Answer {
  const { repository, query, places, listsLagUntil } = call
  const matches = (name: string, value: string) => (query.get(name) ?? value) === value
  const found = repository.runs.filter(
    run => matches('head_sha', run.sha) && matches('event', run.event) && matches('branch', run.branch),
  )
  const listed = query.has('head_sha') && repository.now() < listsLagUntil ? [] : found.slice(0, 1_000)
  return listAnswer(call, 'workflow_runs', listed, run => bodies.runBody(run, repository, places))
}

function showRun({ repository, places, params }: Call): Answer {
  const run = repository.runs.find(({ id }) => String(id) === params[0])
  return run === undefined ? notFound() : json(200, bodies.runBody(run, repository, places))
}

function listJobs(call: Call): Answer {
  const { repository, places, params, query } = call
  const run = repository.runs.find(({ id }) => String(id) === params[0])
  if (run === undefined) return notFound()
  const jobs = query.get('filter') === 'all' ? run.jobs : run.latestJobs()
  return listAnswer(call, 'jobs', jobs, job => bodies.jobBody(job, run, repository, places))
}

function listChecks(call: Call): Answer {
  const { repository, places, query } = call
  const sha = commitOf(call)
  if (typeof sha !== 'string') return sha
  const isAll = query.get('filter') === 'all'
  const jobs = repository.runs
    .filter(run => run.sha === sha)
    .flatMap(run =>
      (isAll ? run.jobs : newestOfName(run.jobs)).map(job => bodies.jobAsCheck(job, run, repository, places)),
    )
  const own = repository.checks.filter(check => check.sha === sha)
  const checks = (isAll ? own : latest(own)).map(check => bodies.checkBody(check, repository, places))
  return listAnswer(call, 'check_runs', [...jobs, ...checks], body => body)
}

/** Of a suite and name the newest attempt, by its end. */
function latest(checks: readonly FakeCheck[]): FakeCheck[] {
  const newest = new Map<string, FakeCheck>()
  for (const check of checks) {
    const key = `${check.suite} ${check.name}`
    const before = newest.get(key)
    const isLater = (check.completedAt ?? Number.POSITIVE_INFINITY) >= (before?.completedAt ?? Number.POSITIVE_INFINITY)
    if (before === undefined || isLater) newest.set(key, check)
  }
  return [...newest.values()]
}

function newestOfName<T extends { readonly name: string; readonly attempt: number; readonly id: number }>(
  jobs: readonly T[],
): T[] {
  return jobs.filter(job => !jobs.some(other => other.name === job.name && other.id > job.id))
}

function listSuites(call: Call): Answer {
  const { repository, places } = call
  const sha = commitOf(call)
  if (typeof sha !== 'string') return sha
  const ofRuns = repository.runs
    .filter(run => run.sha === sha)
    .map(run => ({ id: run.suite, sha, app: 'github-actions', ...run.state, checks: newestOfName(run.jobs).length }))
  const others = repository.suites
    .filter(suite => suite.sha === sha)
    .map(suite => ({ ...suite, checks: repository.checks.filter(check => check.suite === suite.id).length }))
  return listAnswer(call, 'check_suites', [...ofRuns, ...others], suite => bodies.suiteBody(suite, repository, places))
}

function combinedStatus({ repository, places, query, address, params }: Call): Answer {
  const sha = commitOf({ repository, params })
  if (typeof sha !== 'string') return sha
  const all = newestOfContext(repository.statuses.filter(status => status.sha === sha))
  const { entries, link } = pageOf(all, query, GITHUB_PAGES, address)
  return json(200, bodies.combinedBody({ sha, all, page: entries }, repository, places), link ? { link } : {})
}

export function newestOfContext(statuses: readonly FakeStatus[]): FakeStatus[] {
  return statuses
    .filter(status => !statuses.some(other => other.context === status.context && other.id > status.id))
    .toReversed()
}

function showBranch({ repository, places, params }: Call): Answer {
  const name = params[0] ?? ''
  const head = repository.branches.get(name)
  return head === undefined
    ? refusal(404, 'Branch not found')
    : json(200, bodies.branchBody(name, head, repository, places))
}

function compare({ repository, places, params }: Call): Answer {
  const [base = '', head = ''] = (params[0] ?? '').split('...')
  if (!repository.has(base) || !repository.has(head)) return notFound()
  return json(200, bodies.compareBody(base, head, repository, places))
}

/** A commit, by its SHA or a branch. */
export function commitOf({ repository, params }: Pick<Call, 'repository' | 'params'>): string | Answer {
  const ref = params[0] ?? ''
  const sha = repository.branches.get(ref) ?? ref
  if (repository.has(sha)) return sha
  return /^[0-9a-f]{40}$/.test(ref) ? refusal(422, `No commit found for SHA: ${ref}`) : notFound()
}

function listAnswer<T>(call: Call, key: string, all: readonly T[], body: (one: T) => unknown): Answer {
  const { entries, link } = pageOf(all, call.query, GITHUB_PAGES, call.address)
  return json(200, { total_count: all.length, [key]: entries.map(body) }, link ? { link } : {})
}
