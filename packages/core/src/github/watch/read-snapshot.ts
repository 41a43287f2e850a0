import type { CommitCi } from '../commit-ci.ts'
import { readItems } from '../judge/items.ts'
import { branchOfCancelled, isOnlyCancelled } from '../judge/judge.ts'
import type { CiPolicy, Watcher } from '../judge/policy.ts'
import type { Snapshot, WorkflowRun } from '../snapshot.ts'

/** The commit whose CI is read, and by which rules. */
export interface Subject {
  readonly sha: string
  readonly policy: CiPolicy
  readonly watcher: Watcher
}

export interface Known {
  /** Whether the server has workflow runs and check runs. Gitea and Forgejo have statuses only. */
  readonly hasCheckRuns: boolean
  readonly snapshot: Snapshot
  /** When check runs and statuses were read, in milliseconds since the epoch. */
  readonly readAt: number
}

/** Milliseconds after which check runs and statuses are read although workflows still run. */
const LONGEST_AGE = 60_000

/**
 * Reads what there is of a commit's CI. While a workflow runs the verdict waits for it, so its jobs, which change often, are read once a
 * minute only; a workflow that has ended is looked at as a whole at once.
 */
export async function readSnapshot(
  ci: CommitCi,
  subject: Subject,
  before: Known | undefined,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<Known> {
  const { sha, policy, watcher } = subject
  const empty: Snapshot = { sha, runs: [], jobs: [], checks: [], statuses: [], suites: [], head: undefined }
  const hasCheckRuns = before?.hasCheckRuns ?? (await ci.hasCheckRuns(sha, until))
  const known = { hasCheckRuns, readAt: now }
  if (!hasCheckRuns) return { ...known, snapshot: { ...empty, statuses: await ci.statuses(sha, until) } }
  const runs = await ci.workflowRuns(sha, until)
  const isFresh = before !== undefined && now - before.readAt < LONGEST_AGE
  if (isFresh && !hasEndedSince(before.snapshot.runs, runs)) {
    const snapshot = { ...before.snapshot, runs }
    if (isRunning(snapshot, policy, watcher)) return { ...before, snapshot }
  }
  const checks = await ci.checkRuns(sha, until)
  const statuses = await ci.statuses(sha, until)
  const isNothing = runs.length + checks.length + statuses.length === 0
  const suites = isNothing ? await ci.checkSuites(sha, until) : []
  const found: Snapshot = { ...empty, runs, checks, statuses, suites }
  const jobs = []
  for (const id of failedRuns(found, policy, watcher)) jobs.push(...(await ci.jobs(id, until)))
  const snapshot = { ...found, jobs }
  const branch = isOnlyCancelled(snapshot, policy, watcher) ? branchOfCancelled(snapshot) : undefined
  const head = branch === undefined ? undefined : await ci.branchHead(branch, until)
  return { ...known, snapshot: { ...snapshot, head } }
}

function hasEndedSince(before: readonly WorkflowRun[], now: readonly WorkflowRun[]): boolean {
  const ended = (runs: readonly WorkflowRun[]) =>
    runs
      .filter(({ status }) => status === 'completed')
      .map(({ id, attempt, conclusion }) => `${id} ${attempt} ${conclusion}`)
  const known = new Set(ended(before))
  return ended(now).some(run => !known.has(run))
}

function isRunning(snapshot: Snapshot, policy: CiPolicy, watcher: Watcher): boolean {
  return readItems(snapshot, policy, watcher).items.some(
    ({ kind, state }) => kind === 'workflow' && state === 'pending',
  )
}

/** Those that count, whose jobs say why. */
function failedRuns(snapshot: Snapshot, policy: CiPolicy, watcher: Watcher): number[] {
  return readItems(snapshot, policy, watcher).items.flatMap(({ kind, state, id }) =>
    kind === 'workflow' && (state === 'failed' || state === 'allowed') ? [id] : [],
  )
}
