import type { CheckRun, CommitStatus, Job, Snapshot, WorkflowRun } from '../snapshot.ts'
import { matchesAny } from './pattern.ts'
import type { CiPolicy, Watcher } from './policy.ts'

/** A workflow run, another app's check run or a commit status, as the policy reads it. */
export interface Item {
  readonly kind: 'workflow' | 'check' | 'status'
  readonly name: string
  /** Of the run, check run or status. */
  readonly id: number
  /** Changes when it is run again: its id and attempt. */
  readonly key: string
  /** `allowed`: it failed, and `allowFail` names it. */
  readonly state: 'pending' | 'passed' | 'failed' | 'allowed'
  /** The server's own word: `in_progress`, `startup_failure`. */
  readonly word: string
  readonly url: string
  /** Something was executed: neither skipped nor neutral. */
  readonly wasExecuted: boolean
  /** The branch of a workflow run. */
  readonly branch: string | undefined
  /** The jobs of a run that failed. */
  readonly failedJobs: readonly Job[]
}

/** A failed job that the verdict does not count: its workflow run has passed, so `continue-on-error` is set, or `allowFail` names it. */
export interface Tolerated {
  readonly name: string
  readonly url: string
}

export interface Reading {
  readonly items: readonly Item[]
  readonly tolerated: readonly Tolerated[]
  /** The names of everything that counts, jobs too; for `required`. */
  readonly names: readonly string[]
}

/** Reads a snapshot as the policy says. Duplicates, the watcher's own run and what is filtered out are gone. */
export function readItems(snapshot: Snapshot, policy: CiPolicy, watcher: Watcher): Reading {
  const runs = newest(
    snapshot.runs.filter(run => !isWatcher(run, watcher) && counts(run, policy)),
    run => `${run.workflowId || run.file} ${run.event}`,
  ).filter(({ status }) => status !== 'waiting' || policy.onWaiting === 'pending')
  // Jobs of a run that is known count through it, also when it is the watcher's, or filtered out.
  const known = new Set([watcher.runId, ...snapshot.runs.map(run => run.id)])
  const [jobs, others] = partition(snapshot.checks, ({ jobOf }) => jobOf !== undefined && known.has(jobOf))
  const checks = newest(
    others.filter(check => isIncluded(namesOfCheck(check), policy)),
    check => `${check.app} ${check.name}`,
  )
  const statuses = newest(
    snapshot.statuses.filter(status => !isOwnStatus(status, watcher) && isIncluded([status.context], policy)),
    status => status.context,
  )
  const runItems = new Map(runs.map(run => [run.id, runItem(run, snapshot, policy)]))
  const jobsOfRuns = jobs.filter(({ jobOf = 0 }) => runItems.has(jobOf))
  // A job that must pass counts by itself: its run passes without it where it has `continue-on-error`.
  const [required, rest] = partition(jobsOfRuns, ({ name }) => matchesAny(policy.required, [name]))
  const tolerated = rest.filter(
    ({ status, conclusion, jobOf = 0 }) =>
      stateOf(status, conclusion, policy) === 'failed' && runItems.get(jobOf)?.state === 'passed',
  )
  return {
    items: [
      ...runItems.values(),
      ...[...required, ...checks].map(check => checkItem(check, policy)),
      ...statuses.map(status => statusItem(status, policy)),
    ],
    tolerated: tolerated.map(({ name, url }) => ({ name, url })),
    names: [
      ...runs.flatMap(namesOfRun),
      ...jobsOfRuns.map(({ name }) => name),
      ...checks.flatMap(namesOfCheck),
      ...statuses.map(({ context }) => context),
    ],
  }
}

function runItem(run: WorkflowRun, { jobs, checks }: Snapshot, policy: CiPolicy): Item {
  const own = jobs.filter(job => job.runId === run.id)
  const failedJobs = own.filter(job => stateOf(job.status, job.conclusion, policy) === 'failed')
  const isAllowed = (job: Job) => matchesAny(policy.allowFail, [job.name, `${run.name} / ${job.name}`])
  // After a re-run of single jobs the run itself can lag behind them.
  const isRunning = [...own, ...checks.filter(check => check.jobOf === run.id)].some(
    ({ status }) => status !== 'completed',
  )
  const state = stateOf(run.status, run.conclusion, policy)
  const common = {
    kind: 'workflow',
    name: run.name,
    id: run.id,
    key: `run ${run.id} ${run.attempt}`,
    url: run.url,
    branch: run.branch,
    failedJobs: failedJobs.filter(job => !isAllowed(job)),
    wasExecuted: !isIdle(run.conclusion),
  } as const
  if (isRunning && state !== 'pending') return { ...common, state: 'pending', word: 'in_progress' }
  const isExcused =
    state === 'failed' &&
    (matchesAny(policy.allowFail, namesOfRun(run)) || (failedJobs.length > 0 && failedJobs.every(isAllowed)))
  return { ...common, state: isExcused ? 'allowed' : state, word: run.conclusion ?? run.status }
}

function checkItem(check: CheckRun, policy: CiPolicy): Item {
  const state = stateOf(check.status, check.conclusion, policy)
  const isExcused = state === 'failed' && matchesAny(policy.allowFail, namesOfCheck(check))
  return {
    kind: 'check',
    name: check.name,
    id: check.id,
    key: `check ${check.id}`,
    state: isExcused ? 'allowed' : state,
    word: check.conclusion ?? check.status,
    url: check.url,
    wasExecuted: !isIdle(check.conclusion),
    branch: undefined,
    failedJobs: [],
  }
}

/** A word of a status is its end, or `pending`. Gitea takes any text, and has `warning` and `skipped` besides GitHub's four. */
function statusItem(status: CommitStatus, policy: CiPolicy): Item {
  const isEnd = ENDS_OF_STATUS.has(status.state)
  const state = stateOf(isEnd ? 'completed' : status.state, isEnd ? status.state : undefined, policy)
  const isExcused = state === 'failed' && matchesAny(policy.allowFail, [status.context])
  return {
    kind: 'status',
    name: status.context,
    id: status.id,
    key: `status ${status.id}`,
    state: isExcused ? 'allowed' : state,
    word: status.state,
    url: status.url,
    wasExecuted: !isIdle(status.state),
    branch: undefined,
    failedJobs: [],
  }
}

const ENDS_OF_STATUS = new Set(['success', 'failure', 'error', 'warning', 'skipped', 'cancelled'])

/** A status that nobody knows is not an end, so it is waited for; an unknown conclusion is an end, and not a success. */
function stateOf(status: string, conclusion: string | undefined, policy: CiPolicy): 'pending' | 'passed' | 'failed' {
  if (status !== 'completed' || conclusion === undefined) return 'pending'
  return policy.passing.has(conclusion) ? 'passed' : 'failed'
}

function isIdle(conclusion: string | undefined): boolean {
  return conclusion === 'skipped' || conclusion === 'neutral'
}

function counts(run: WorkflowRun, policy: CiPolicy): boolean {
  if (policy.events.length > 0 && !policy.events.includes(run.event)) return false
  return isIncluded(namesOfRun(run), policy)
}

/** What is required counts without being included. */
function isIncluded(names: readonly string[], { include, exclude, required }: CiPolicy): boolean {
  const isNamed = include.length === 0 || matchesAny(include, names) || matchesAny(required, names)
  return isNamed && !matchesAny(exclude, names)
}

function isWatcher(run: WorkflowRun, { runId, workflowFile }: Watcher): boolean {
  return run.id === runId || (workflowFile !== '' && run.file === workflowFile)
}

/** Gitea links a status to its job, `…/actions/runs/RUN/jobs/JOB`. */
function isOwnStatus(status: CommitStatus, { runUrl }: Watcher): boolean {
  return runUrl !== '' && (status.url === runUrl || status.url.startsWith(`${runUrl}/`))
}

function namesOfRun({ name, file }: WorkflowRun): string[] {
  return [name, file, file.split('/').at(-1) ?? '']
}

function namesOfCheck({ name, app }: CheckRun): string[] {
  return [name, `${app}/${name}`]
}

/** Of several with the same key the one with the highest id, which was made last. In the order of their first appearance. */
function newest<T extends { readonly id: number }>(all: readonly T[], keyOf: (one: T) => string): T[] {
  const found = new Map<string, T>()
  for (const one of all) {
    const before = found.get(keyOf(one))
    if (before === undefined || before.id < one.id) found.set(keyOf(one), one)
  }
  return [...found.values()]
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter(one => !isFirst(one))]
}
