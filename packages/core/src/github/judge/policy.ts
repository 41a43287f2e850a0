import type { NamePattern } from './pattern.ts'

/** What counts as the CI of a commit, and when it has passed. Times are in milliseconds. */
export interface CiPolicy {
  /** Events whose workflow runs count; empty takes all. */
  readonly events: readonly string[]
  /** What counts, by name; empty takes all. */
  readonly include: readonly NamePattern[]
  /** What does not count, although it is included. */
  readonly exclude: readonly NamePattern[]
  /** What must be there and pass. */
  readonly required: readonly NamePattern[]
  /** What is listed when it failed, and does not count. */
  readonly allowFail: readonly NamePattern[]
  /** Conclusions that pass: `success`, `skipped`, `neutral`. */
  readonly passing: ReadonlySet<string>
  /** Whether a run that waits for an approval is waited for. */
  readonly onWaiting: 'pending' | 'ignore'
  /** From the start of the watch, how long CI has to appear. */
  readonly grace: number
  /** How long a failure must last: a re-run within this time is waited for. */
  readonly confirmFailure: number
  /** How long everything must stay green. */
  readonly stableFor: number
  /** From the start of the watch until its last look. */
  readonly timeout: number
}

/** The run that watches. It never ends while it watches, so it must not wait for itself. */
export interface Watcher {
  readonly runId: number | undefined
  /** Other runs of its workflow are watchers too: `.github/workflows/watch.yml`; '' when it is not known. */
  readonly workflowFile: string
  /** The page of the run, by which Gitea's statuses of its jobs are known; '' when it is not known. */
  readonly runUrl: string
}
