import { type Deployment, type DeploymentStatus, isOver } from './deployment.ts'
import { type Application, publicId } from './resources.ts'

export interface QueueLimits {
  /** Deployments that run at once on a server. */
  readonly concurrentBuilds: number
  /** Deployments that may wait on a server; undefined for a version without a limit. */
  readonly queueLimit: number | undefined
}

/** What a caller asks for; what is left out is false, 0 or what the application says. */
export interface DeployRequest {
  readonly commit?: string
  readonly pullRequestId?: number
  readonly dockerTag?: string | null
  readonly forceRebuild?: boolean
  readonly restartOnly?: boolean
  readonly rollback?: boolean
  /** `instant_deploy`: neither waits nor looks for a duplicate. */
  readonly instant?: boolean
  readonly server?: number
  readonly isApi?: boolean
}

export type Enqueued =
  | { readonly kind: 'queued'; readonly deployment: Deployment }
  | { readonly kind: 'skipped'; readonly existing: Deployment }
  | { readonly kind: 'full' }

export const QUEUE_FULL = 'Deployment queue is full. Please wait for existing deployments to complete.'
export const SKIPPED = 'Deployment already queued for this commit.'

/**
 * All deployments, and which of them may run: `queue_application_deployment`, `next_queuable` and `queue_next_deployment`
 * of https://github.com/coollabsio/coolify/blob/379abb252621/bootstrap/helpers/applications.php
 */
export class DeploymentQueue {
  readonly all: Deployment[] = []
  readonly #limits: QueueLimits
  readonly #now: () => number
  readonly #start: (deployment: Deployment) => void

  /** `start` is called for each deployment that becomes `in_progress`. */
  constructor(limits: QueueLimits, now: () => number, start: (deployment: Deployment) => void) {
    this.#limits = limits
    this.#now = now
    this.#start = start
  }

  enqueue(app: Application, request: DeployRequest): Enqueued {
    const { pullRequestId = 0, dockerTag = null, commit = 'HEAD', server = app.server } = request
    const waiting = this.all.filter(other => other.server === server && other.status === 'queued').length
    if (waiting >= (this.#limits.queueLimit ?? Number.POSITIVE_INFINITY)) return { kind: 'full' }
    const existing = this.all.find(
      other =>
        other.app === app &&
        other.commit === commit &&
        other.pullRequestId === pullRequestId &&
        other.dockerTag === dockerTag &&
        !isOver(other),
    )
    if (existing && !request.forceRebuild && !request.rollback && !request.instant) return { kind: 'skipped', existing }
    const now = this.#now()
    const deployment: Deployment = {
      id: this.all.length + 1,
      uuid: publicId(),
      app,
      server,
      pullRequestId,
      dockerTag,
      forceRebuild: request.forceRebuild ?? false,
      restartOnly: request.restartOnly ?? false,
      rollback: request.rollback ?? false,
      isApi: request.isApi ?? true,
      createdAt: now,
      logs: [],
      commit,
      commitMessage: null,
      status: 'queued',
      updatedAt: now,
      finishedAt: null,
      effectiveTag: null,
    }
    this.all.push(deployment)
    if (request.instant || this.#mayRun(deployment)) this.#run(deployment)
    return { kind: 'queued', deployment }
  }

  find(uuid: string): Deployment | undefined {
    return this.all.find(deployment => deployment.uuid === uuid)
  }

  /** Ends a deployment; nothing happens when it is over. Says whether it was the one to do so. */
  settle(deployment: Deployment, status: Exclude<DeploymentStatus, 'queued' | 'in_progress'>): boolean {
    if (isOver(deployment)) return false
    deployment.status = status
    deployment.updatedAt = this.#now()
    return true
  }

  /** Starts what may run now on a server, the oldest first. */
  advance(server: number): void {
    for (const deployment of this.all) {
      if (deployment.server === server && deployment.status === 'queued' && this.#mayRun(deployment))
        this.#run(deployment)
    }
  }

  #mayRun(deployment: Deployment): boolean {
    const running = this.all.filter(other => other.status === 'in_progress')
    const isTwin = (other: Deployment) =>
      other.app === deployment.app && other.pullRequestId === deployment.pullRequestId
    const onServer = running.filter(other => other.server === deployment.server)
    return !running.some(isTwin) && onServer.length < this.#limits.concurrentBuilds
  }

  #run(deployment: Deployment): void {
    deployment.status = 'in_progress'
    deployment.updatedAt = this.#now()
    this.#start(deployment)
  }
}
