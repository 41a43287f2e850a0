/** The words of GitHub, Gitea and Forgejo as they send them: new ones can appear at any time. */
type Word = string

export interface WorkflowRun {
  readonly id: number
  /** '' where the server names none. */
  readonly workflowId: string
  /** The workflow's name. */
  readonly name: string
  /** `.github/workflows/ci.yml` */
  readonly file: string
  readonly event: string
  readonly branch: string | undefined
  readonly attempt: number
  readonly status: Word
  readonly conclusion: Word | undefined
  readonly url: string
}

export interface JobStep {
  readonly name: string
  readonly conclusion: Word | undefined
}

/** A job of a workflow run. */
export interface Job {
  /** Also the id of its check run. */
  readonly id: number
  readonly runId: number
  readonly name: string
  readonly status: Word
  readonly conclusion: Word | undefined
  readonly url: string
  readonly steps: readonly JobStep[]
}

/** A check run of an app, GitHub Actions among them. */
export interface CheckRun {
  readonly id: number
  readonly name: string
  /** The app's slug: `github-actions`. */
  readonly app: string
  readonly status: Word
  readonly conclusion: Word | undefined
  readonly url: string
  /** The workflow run that this is a job of. */
  readonly jobOf: number | undefined
}

/** A commit status. On Gitea and Forgejo each job has one. */
export interface CommitStatus {
  readonly id: number
  readonly context: string
  readonly state: Word
  readonly url: string
}

/** A check suite of GitHub Actions: it is there before the lists that are filtered by commit show its run. */
export interface CheckSuite {
  readonly id: number
  readonly status: Word
}

/** What a server knows of one commit's CI, at one moment. */
export interface Snapshot {
  readonly sha: string
  readonly runs: readonly WorkflowRun[]
  /** Of the runs that failed, in their latest attempt. */
  readonly jobs: readonly Job[]
  readonly checks: readonly CheckRun[]
  readonly statuses: readonly CommitStatus[]
  /** Only when nothing else is there. */
  readonly suites: readonly CheckSuite[]
  /** The head of the commit's branch, where it was looked up. */
  readonly head: string | undefined
}
