/** The state of a job, check run or workflow run: `conclusion` is null until it is completed. */
export interface State {
  readonly status: string
  readonly conclusion: string | null
}

export interface Step {
  readonly name: string
  readonly conclusion: string | null
}

export interface FakeJob extends State {
  readonly id: number
  readonly name: string
  readonly attempt: number
  readonly steps: readonly Step[]
  readonly startedAt: number | null
  readonly completedAt: number | null
}

export interface RunOptions {
  /** The workflow's name; its file is that in small letters. `CI` unless given. */
  readonly workflow?: string
  readonly file?: string
  readonly event?: string
  readonly branch?: string
  readonly status?: string
  /** Jobs that are queued from the start. */
  readonly jobs?: readonly string[]
  readonly id?: number
}

/** A workflow run, with the jobs of all of its attempts. A script moves it by hand, in the order in which GitHub would. */
export class FakeRun {
  readonly id: number
  readonly number: number
  readonly suite: number
  readonly workflow: string
  readonly file: string
  readonly event: string
  readonly branch: string
  readonly sha: string
  readonly createdAt: number
  state: State
  attempt = 1
  startedAt: number
  updatedAt: number
  jobs: FakeJob[] = []
  readonly #repository: Repository

  constructor(repository: Repository, sha: string, options: RunOptions) {
    const { workflow = 'CI', event = 'push', branch = 'main', status = 'queued', jobs = [] } = options
    this.#repository = repository
    this.id = options.id ?? repository.newId()
    this.number = repository.runs.length + 1
    this.suite = repository.newId()
    this.workflow = workflow
    this.file = options.file ?? `.github/workflows/${workflow.toLowerCase().replaceAll(' ', '-')}.yml`
    this.event = event
    this.branch = branch
    this.sha = sha
    this.createdAt = repository.now()
    this.startedAt = this.createdAt
    this.updatedAt = this.createdAt
    this.state = { status, conclusion: null }
    for (const name of jobs) this.job(name, 'queued')
  }

  /** Sets a job of this attempt, which is created with its first state: `queued`, `in_progress`, or its conclusion. */
  job(name: string, word: string, steps: readonly Step[] = []): this {
    const now = this.#repository.now()
    const before = this.latestJobs().find(job => job.name === name && job.attempt === this.attempt)
    const state = stateOf(word)
    const job: FakeJob = {
      id: before?.id ?? this.#repository.newId(),
      name,
      attempt: this.attempt,
      steps,
      ...state,
      startedAt: state.status === 'queued' ? null : (before?.startedAt ?? now),
      completedAt: state.status === 'completed' ? now : null,
    }
    this.jobs = [...this.jobs.filter(other => other !== before), job]
    this.updatedAt = now
    return this
  }

  /** Sets the run itself. */
  set(word: string): this {
    this.state = stateOf(word)
    this.updatedAt = this.#repository.now()
    return this
  }

  /** All jobs and the run end so. */
  finish(conclusion: string, jobs: readonly string[] = this.latestJobs().map(({ name }) => name)): this {
    for (const name of jobs) this.job(name, conclusion)
    return this.set(conclusion)
  }

  /** A re-run: the same id and suite, another attempt, new jobs. `keepsAttempt`: its number lags, as was seen on GitHub. */
  rerun(jobs: readonly string[] = [], { keepsAttempt = false, lags = false } = {}): this {
    if (!keepsAttempt) this.attempt += 1
    const before = this.state
    for (const name of jobs) {
      if (keepsAttempt) this.jobs = this.jobs.filter(job => job.name !== name)
      this.job(name, 'queued')
    }
    this.startedAt = this.#repository.now()
    return lags ? Object.assign(this, { state: before }) : this.set('queued')
  }

  /** Those of the newest attempt, and only those where it has run again single jobs. */
  latestJobs(): FakeJob[] {
    return this.jobs.filter(job => job.attempt === this.attempt)
  }
}

export interface FakeCheck extends State {
  readonly id: number
  readonly sha: string
  readonly name: string
  readonly app: string
  readonly suite: number
  readonly url: string
  readonly startedAt: number | null
  readonly completedAt: number | null
}

export interface FakeStatus {
  readonly id: number
  readonly sha: string
  readonly context: string
  readonly state: string
  readonly targetUrl: string | null
  readonly createdAt: number
}

export interface FakeSuite extends State {
  readonly id: number
  readonly sha: string
  readonly app: string
}

/** One repository with its commits, in the order of their history unless a parent is named. */
export class Repository {
  readonly fullName = 'octo-org/shop'
  readonly id = 1_296_269
  readonly now: () => number
  readonly runs: FakeRun[] = []
  checks: FakeCheck[] = []
  readonly statuses: FakeStatus[] = []
  readonly suites: FakeSuite[] = []
  readonly branches = new Map<string, string>()
  readonly #parents = new Map<string, string | undefined>()
  // Beyond 32 bits, as GitHub's are.
  #id = 30_000_000_000

  constructor(now: () => number) {
    this.now = now
  }

  newId(): number {
    this.#id += 1
    return this.#id
  }

  /** A commit at the head of a branch; its parent is what was there, or the one that is given: then the branch was forced. */
  push(sha: string, branch = 'main', parent = this.branches.get(branch)): void {
    this.#parents.set(sha, parent)
    this.branches.set(branch, sha)
  }

  has(sha: string): boolean {
    return this.#parents.has(sha)
  }

  /** The commit and all before it, itself first. */
  history(sha: string): string[] {
    const found: string[] = []
    for (let at: string | undefined = sha; at !== undefined; at = this.#parents.get(at)) found.push(at)
    return found
  }

  run(sha: string, options: RunOptions = {}): FakeRun {
    const run = new FakeRun(this, sha, options)
    this.runs.unshift(run)
    return run
  }

  /** Sets the check run of an app; the newest of its name in the same suite is replaced unless `again`. */
  check(sha: string, name: string, word: string, { app = 'codecov', suite = 1, again = false } = {}): FakeCheck {
    const before = again
      ? undefined
      : this.checks.find(
          check => check.sha === sha && check.name === name && check.app === app && check.suite === suite,
        )
    const id = before?.id ?? this.newId()
    const state = stateOf(word)
    const check: FakeCheck = {
      ...{ id, sha, name, app, suite, url: `https://${app}.example/checks/${id}`, ...state },
      startedAt: state.status === 'queued' ? null : this.now(),
      completedAt: state.status === 'completed' ? this.now() : null,
    }
    this.checks = [...this.checks.filter(other => other !== before), check]
    return check
  }

  status(sha: string, context: string, state: string, targetUrl: string | null = null): FakeStatus {
    const status = { id: this.newId(), sha, context, state, targetUrl, createdAt: this.now() }
    this.statuses.push(status)
    return status
  }

  /** A suite that no run belongs to: GitHub makes one per push for each app that can write checks. */
  suite(sha: string, app: string, word = 'queued'): FakeSuite {
    const suite = { id: this.newId(), sha, app, ...stateOf(word) }
    this.suites.push(suite)
    return suite
  }
}

const OPEN = new Set(['queued', 'in_progress', 'requested', 'waiting', 'pending'])

/** A status, or a conclusion, which completes. */
export function stateOf(word: string): State {
  return OPEN.has(word) ? { status: word, conclusion: null } : { status: 'completed', conclusion: word }
}
