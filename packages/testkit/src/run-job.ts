import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BundleResult, type BundleRun, runBundle } from './run-bundle.ts'

type JobStatus = 'success' | 'failure' | 'cancelled'

export interface JobOptions {
  /** Gitea's runner evaluates the defaults of inputs for main only. GitHub unless given. */
  readonly runner?: 'GitHub' | 'Gitea'
  /** The steps are those of a composite action: other runners than GitHub's give them a `job.status` of their own. */
  readonly isComposite?: boolean
}

export interface StepRun
  extends Omit<BundleRun, 'stage' | 'state' | 'jobStatus' | 'temp' | 'step' | 'inputs' | 'killAfter'> {
  readonly id?: string
  /** The step's `with:`, given `job.status`; evaluated for main and again for post. */
  readonly inputs?: (jobStatus: JobStatus) => Readonly<Record<string, string>>
}

/** A step that is no bundle. Each part resolves with whether it succeeded. */
export interface OwnStep {
  readonly main: (env: Readonly<Record<string, string>>) => Promise<boolean>
  readonly post?: (env: Readonly<Record<string, string>>, jobStatus: JobStatus) => Promise<boolean>
}

/**
 * One job: its steps share RUNNER_TEMP, and their post parts run at its end, the last one first. They are registered before main runs,
 * so one runs also when its main failed.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/StepsRunner.cs
 */
export class JobRun implements Disposable {
  readonly #options: JobOptions
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'job-'))
  readonly #posts: ((killAfter: number | undefined) => Promise<BundleResult | undefined>)[] = []
  #status: JobStatus = 'success'

  constructor(options: JobOptions = {}) {
    this.#options = options
    for (const folder of [this.workspace, this.temp]) mkdirSync(folder)
  }

  get workspace(): string {
    return path.join(this.#folder, 'work')
  }

  get temp(): string {
    return path.join(this.#folder, 'temp')
  }

  /** Runs the main part of an action. */
  async step(name: string, { id = '__org_actions', inputs, ...run }: StepRun = {}): Promise<BundleResult> {
    const atStart = this.#seenStatus
    const of = (withStatus: JobStatus, defaultStatus: JobStatus): BundleRun => ({
      cwd: this.workspace,
      ...run,
      temp: this.temp,
      step: id,
      env: { ...this.#variables, ...run.env },
      jobStatus: defaultStatus,
      ...(inputs === undefined ? {} : { inputs: inputs(withStatus) }),
    })
    const main = await runBundle(name, of(atStart, atStart))
    this.#note(main.exitCode === 0)
    this.#posts.push(async killAfter => {
      const now = this.#seenStatus
      const post = await runBundle(name, {
        ...of(now, this.#options.runner === 'Gitea' ? atStart : now),
        stage: 'post',
        state: main.state,
        ...(killAfter === undefined ? {} : { killAfter }),
      })
      this.#note(post.exitCode === 0)
      return post
    })
    return main
  }

  /** Runs a step of the test's own. */
  async ownStep({ main, post }: OwnStep): Promise<void> {
    const env = { RUNNER_TEMP: this.temp, GITHUB_RUN_ID: '1658821493', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'deploy' }
    if (post) {
      this.#posts.push(async () => {
        this.#note(await post(env, this.#seenStatus))
        return undefined
      })
    }
    this.#note(await main(env))
  }

  /** A step of the workflow fails. */
  fail(): void {
    this.#note(false)
  }

  /** Somebody cancels the job, or its time limit is over. */
  cancel(): void {
    this.#status = 'cancelled'
  }

  /** Ends the job: resolves with what the post parts of the bundles did, in the order in which they ran. */
  async end({
    isRunnerStopped = false,
    killPostAfter,
  }: {
    isRunnerStopped?: boolean
    killPostAfter?: number
  } = {}): Promise<BundleResult[]> {
    const ran: (BundleResult | undefined)[] = []
    if (!isRunnerStopped) for (const post of this.#posts.toReversed()) ran.push(await post(killPostAfter))
    rmSync(this.temp, { recursive: true, force: true })
    return ran.filter(result => result !== undefined)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #seenStatus(): JobStatus {
    return this.#options.isComposite && this.#options.runner === 'Gitea' ? 'success' : this.#status
  }

  get #variables(): Record<string, string> {
    return {
      ...(this.#options.runner === 'Gitea' ? { ACT: 'true', GITEA_ACTIONS: 'true' } : {}),
      ...(this.#options.isComposite ? { GITHUB_ACTION_PATH: path.join(this.workspace, '.github/actions/deploy') } : {}),
    }
  }

  #note(succeeded: boolean): void {
    if (!succeeded && this.#status === 'success') this.#status = 'failure'
  }
}
