import { type Deployment, isOver } from './deployment.ts'
import { DeploymentQueue, type DeployRequest, type Enqueued } from './deployment-queue.ts'
import { type Deployed, end, type JobWorld, runJob, type Timing } from './job.ts'
import { NEWEST, type Profile, profileOf } from './profile.ts'
import {
  type Application,
  type AppOptions,
  type Database,
  type DatabaseOptions,
  newApplication,
  newDatabase,
  newService,
  type Outcome,
  type Service,
  type ServiceOptions,
} from './resources.ts'

export type Ability = 'root' | 'read' | 'read:sensitive' | 'write' | 'deploy' | '*'

export interface User {
  readonly id: number
  readonly team: number
  readonly role: 'owner' | 'admin' | 'member'
}

export interface Token {
  /** With its number and bar: `1|abc`. */
  readonly token: string
  readonly user: number
  /** The user's own unless given. */
  readonly team?: number
  readonly abilities: readonly Ability[]
  readonly expired?: boolean
}

export interface InstanceOptions {
  readonly version?: string
  apiEnabled?: boolean
  /** Comma separated; `0.0.0.0` or null for everybody. */
  allowedIps?: string | null
  /** Requests of a user in `rateWindowMs`; Coolify's own are 200 in a minute. */
  readonly rateLimit?: number
  readonly rateWindowMs?: number
  /** Seconds after which a full queue wants to be asked again; 60 unless given. */
  readonly queueRetryAfter?: number
  readonly concurrentBuilds?: number
  readonly queueLimit?: number
  readonly timing?: Partial<Timing>
  readonly users?: readonly User[]
  readonly tokens?: readonly Token[]
  readonly apps?: readonly AppOptions[]
  readonly services?: readonly ServiceOptions[]
  readonly databases?: readonly DatabaseOptions[]
  /** Tags that are known and on nothing. */
  readonly emptyTags?: readonly string[]
  /** `GET /deployments` answers an object, as PHP writes a list whose keys are out of order. */
  readonly asObject?: boolean
  /** Before a deployment is `finished`; what it awaits is in place by then. */
  readonly onDeployed?: (deployed: Deployed) => void | Promise<void>
}

export interface Clockwork {
  now(): number
  after(ms: number, work: () => void): void
}

const TIMING: Timing = { startMs: 0, runMs: 50, logDelayMs: 20, statusLagMs: 20, crashMs: 200 }

/** One Coolify with its teams, resources and queue, apart from HTTP. */
export class Instance {
  readonly profile: Profile
  readonly queue: DeploymentQueue
  readonly apps: Application[]
  readonly services: Service[]
  readonly databases: Database[]
  readonly emptyTags: readonly string[]
  readonly users: readonly User[]
  readonly tokens: Token[]
  readonly timing: Timing
  readonly asObject: boolean
  readonly queueRetryAfter: number
  apiEnabled: boolean
  allowedIps: string | null
  /** Requests that still meet a Coolify that is starting. */
  unavailable = 0
  readonly #clock: Clockwork
  readonly #job: JobWorld

  constructor(options: InstanceOptions, secret: string, clock: Clockwork) {
    this.profile = profileOf(options.version ?? NEWEST)
    this.#clock = clock
    this.timing = { ...TIMING, ...options.timing }
    this.apps = (options.apps ?? []).map((app, index) => newApplication(index + 1, app))
    this.services = (options.services ?? []).map(newService)
    this.databases = (options.databases ?? []).map(newDatabase)
    this.emptyTags = options.emptyTags ?? []
    this.users = options.users ?? [{ id: 1, team: 0, role: 'owner' }]
    this.tokens = [...(options.tokens ?? [])]
    this.asObject = options.asObject ?? false
    this.queueRetryAfter = options.queueRetryAfter ?? 60
    this.apiEnabled = options.apiEnabled ?? true
    this.allowedIps = options.allowedIps ?? null
    const { concurrentBuilds = 2, queueLimit = 25 } = options
    const limits = { concurrentBuilds, queueLimit: this.profile.limitsQueue ? queueLimit : undefined }
    this.queue = new DeploymentQueue(limits, clock.now, deployment => runJob(deployment, this.#job))
    this.#job = {
      queue: this.queue,
      profile: this.profile,
      timing: this.timing,
      secret,
      now: clock.now,
      after: clock.after,
      onDeployed: deployed => options.onDeployed?.(deployed),
      restart: () => this.restart(),
    }
  }

  now(): number {
    return this.#clock.now()
  }

  /** `queue_application_deployment` with the commit that this version takes. */
  deploy(app: Application, request: DeployRequest): Enqueued {
    const pinned = this.profile.honoursPin ? app.git_commit_sha || 'HEAD' : 'HEAD'
    return this.queue.enqueue(app, { commit: pinned, ...request })
  }

  /** Ends a deployment now, whatever its script says. */
  finish(deployment: Deployment, outcome: Outcome): Promise<void> {
    return end(deployment, outcome, this.#job)
  }

  /** A service or a database comes up some time after it was told to; the status until then is `meanwhile`. */
  bringUp(resource: Service | Database, meanwhile = resource.status): void {
    resource.starts += 1
    resource.status = meanwhile
    this.#clock.after(this.timing.runMs, () => {
      resource.status = resource.leadsTo
    })
  }

  /** Coolify updates itself: what waits or runs is marked as failed, and the next three requests find nobody. */
  restart(): void {
    for (const deployment of this.queue.all) if (!isOver(deployment)) this.queue.settle(deployment, 'failed')
    this.unavailable = 3
  }
}
