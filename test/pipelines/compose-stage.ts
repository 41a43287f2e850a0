import type { WorkflowResult } from '../lab/act.ts'
import type { Lab } from '../lab/lab.ts'
import { type Event, push, type RunContext, runEvent } from './run-event.ts'
import type { TeamRepository } from './team-repository.ts'
import { expectEnd } from './verify.ts'

/** A team's Compose project on a server of the lab, and its workflow. */
export abstract class ComposeStage implements AsyncDisposable {
  readonly context: RunContext
  readonly #stack: AsyncDisposableStack
  /** The name of the Compose project. */
  protected abstract readonly project: string
  /** The URL of the application's health, seen from the server. */
  protected abstract readonly healthUrl: string

  constructor(context: RunContext, stack: AsyncDisposableStack) {
    this.context = context
    this.#stack = stack
  }

  get lab(): Lab {
    return this.context.lab
  }

  get repository(): TeamRepository {
    return this.context.repository
  }

  run(event: Event, changes: Partial<RunContext> = {}): Promise<WorkflowResult> {
    return runEvent({ ...this.context, ...changes }, event)
  }

  /** The commit that runs; what is checked out is deployed first when none does. */
  async deployed(): Promise<string> {
    const running = await this.runningCommit()
    if (running !== undefined) return running
    await this.deploy()
    return (await this.runningCommit()) ?? ''
  }

  /** Deploys what is checked out, by a push to main. */
  async deploy(): Promise<WorkflowResult> {
    const run = await this.run(push('main'))
    expectEnd(run, { exitCode: 0, results: { smoke: 'passed' } })
    return run
  }

  /** A request on the server: status line and headers, and the body; undefined when nothing responds. */
  async request(url: string): Promise<{ readonly head: string; readonly body: string } | undefined> {
    const curl = `curl --silent --show-error --max-time 10 --include ${url}`
    const { exitCode, stdout } = await this.lab.server().exec(curl, { check: false })
    if (exitCode !== 0) return undefined
    const [head = '', ...body] = stdout.split('\r\n\r\n')
    return { head, body: body.join('\r\n\r\n') }
  }

  async runningCommit(): Promise<string | undefined> {
    const response = await this.request(this.healthUrl)
    if (response === undefined || !response.head.includes(' 200 ')) return undefined
    return (JSON.parse(response.body) as { commit: string }).commit
  }

  async onServer(script: string): Promise<string> {
    return (await this.lab.server().exec(script)).stdout.trim()
  }

  /** The containers of the project, each with its image and ID. */
  containers(): Promise<string> {
    const filter = `label=com.docker.compose.project=${this.project}`
    return this.onServer(`docker ps -a --filter ${filter} --format '{{.Names}} {{.Image}} {{.ID}} {{.State}}' | sort`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** The variables of a repository that say how to reach a server. */
export function connectionTo({ host, port, user, hostKeys }: ReturnType<Lab['server']>): Record<string, string> {
  return { SSH_HOST: host, SSH_PORT: String(port), SSH_USER: user, SSH_KNOWN_HOSTS: hostKeys.join('\n') }
}
