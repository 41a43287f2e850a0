import { addLog, type Deployment, isOver } from './deployment.ts'
import type { DeploymentQueue } from './deployment-queue.ts'
import type { Profile } from './profile.ts'
import type { Application, Outcome } from './resources.ts'

/** Milliseconds. */
export interface Timing {
  /** From `in_progress` until the job reads what to deploy. */
  readonly startMs: number
  /** From there to the end. */
  readonly runMs: number
  /** From the end to the last lines of the log. */
  readonly logDelayMs: number
  /** From then until Coolify looks at the containers again; the real one does so once a minute, and after a success. */
  readonly statusLagMs: number
  /** From that look until what crashes later does. */
  readonly crashMs: number
}

/** What was put in place, for a test that starts a real thing to answer for it. */
export interface Deployed {
  readonly app: string
  /** The image's tag, or the commit. */
  readonly tag: string
  readonly pullRequestId: number
  readonly deployment: string
  readonly outcome: Outcome
}

export interface JobWorld {
  readonly queue: DeploymentQueue
  readonly profile: Profile
  readonly timing: Timing
  /** In a hidden command of the log. */
  readonly secret: string
  now(): number
  after(ms: number, work: () => void): void
  onDeployed(deployed: Deployed): void | Promise<void>
  restart(): void
}

/** What a deployment does from `in_progress` on, in the order of ApplicationDeploymentJob.php. */
export function runJob(deployment: Deployment, world: JobWorld): void {
  const { timing } = world
  world.after(timing.startMs, () => {
    if (isOver(deployment) || deployment.effectiveTag !== null) return
    begin(deployment, world)
    const outcome = nextOutcome(deployment.app)
    if (outcome === 'stuck') return
    world.after(deployment.app.runMs ?? timing.runMs, () => void end(deployment, outcome, world))
  })
}

/** Brings a deployment to its end; the one way there, for the script and for a test that asks. */
export async function end(deployment: Deployment, outcome: Outcome, world: JobWorld): Promise<void> {
  if (isOver(deployment)) return
  const { app } = deployment
  // A test may end what has not yet read what to deploy.
  if (deployment.effectiveTag === null) begin(deployment, world)
  switch (outcome) {
    case 'restart-coolify':
      return world.restart()
    case 'failed':
      return fail(deployment, world)
    case 'failed-running':
      app.runningTag = deployment.effectiveTag
      app.images.push({ tag: deployment.effectiveTag ?? '', builtAt: world.now() })
      addLog(deployment, world.now(), 'Rolling update started.')
      return fail(deployment, world, 'the connection to the server was lost')
    case 'unhealthy':
      return refuseUnhealthy(deployment, world)
    default:
      return finish(deployment, outcome, world)
  }
}

function begin(deployment: Deployment, world: JobWorld): void {
  const { app } = deployment
  const say = (text: string, more = {}) => addLog(deployment, world.now(), text, more)
  if (app.build_pack === 'dockerimage') {
    const ofRollback = deployment.rollback && world.profile.rollbackTagFix ? deployment.commit : null
    deployment.effectiveTag = deployment.dockerTag ?? ofRollback ?? app.docker_registry_image_tag ?? 'latest'
    const hash = /^sha256-(.*)$/.exec(deployment.effectiveTag)?.[1]
    const image = `${app.docker_registry_image_name}${hash ? `@sha256:${hash}` : `:${deployment.effectiveTag}`}`
    say(`Starting deployment of ${image} to localhost.`)
  } else {
    say(`Starting deployment of ${app.git_repository}:${app.git_branch} to localhost.`)
    const keeps = deployment.rollback || (world.profile.keepsPin && deployment.commit !== 'HEAD')
    if (!keeps) deployment.commit = app.headCommit
    deployment.effectiveTag = deployment.commit
  }
  say('[CMD]: docker login', { command: `docker login -u deploy -p ${world.secret} ghcr.io`, hidden: true })
  for (const line of app.logLines) say(line)
}

function nextOutcome(app: Application): Outcome {
  const [next = 'finished', ...rest] = app.script
  if (rest.length > 0) app.script = rest
  return next
}

async function finish(deployment: Deployment, outcome: Outcome, world: JobWorld): Promise<void> {
  const { app } = deployment
  const tag = deployment.effectiveTag ?? ''
  const event = { app: app.uuid, tag, pullRequestId: deployment.pullRequestId, deployment: deployment.uuid, outcome }
  await world.onDeployed(event)
  // A cancelled job may have put its container in place all the same.
  if (deployment.pullRequestId === 0) app.runningTag = tag
  if (!app.images.some(image => image.tag === tag)) app.images.push({ tag, builtAt: world.now() })
  if (!world.queue.settle(deployment, 'finished')) return
  if (deployment.pullRequestId === 0) deployFurther(deployment, world)
  world.queue.advance(deployment.server)
  // The job writes a bare `running`, and the model makes that unhealthy until somebody looks at the containers.
  if (deployment.pullRequestId === 0 && app.health_check_enabled) app.status = 'running:unhealthy'
  if (deployment.pullRequestId === 0) app.truth = outcome === 'crash-after' ? 'exited:unhealthy' : 'running:healthy'
  world.after(world.timing.logDelayMs, () => {
    addLog(deployment, world.now(), 'Rolling update completed.')
    addLog(deployment, world.now(), `Gracefully shutting down build container: ${deployment.uuid}`)
    close(deployment, world)
    if (outcome !== 'crash-later') return
    world.after(world.timing.statusLagMs + world.timing.crashMs, () => {
      app.truth = 'exited:unhealthy'
      look(app, world.now())
    })
  })
}

/** The last thing that a job does. The look afterwards tells also who asks whether the old version still runs. */
function close(deployment: Deployment, { now, after, timing }: JobWorld): void {
  deployment.finishedAt = now()
  after(timing.statusLagMs, () => look(deployment.app, now()))
}

/** `GetContainersStatus` */
function look(app: Application, now: number): void {
  app.status = app.truth
  app.lastOnlineAt = now
}

/** Each further server of the application gets a deployment of its own, beside whatever runs there. */
function deployFurther({ app, server }: Deployment, { queue }: JobWorld): void {
  if (server !== app.server) return
  // Ids of servers beyond those that the teams begin with.
  for (let further = 1; further <= app.additionalServers; further++) {
    queue.enqueue(app, { server: app.server + further * 1_000, instant: true, isApi: false })
  }
}

function fail(deployment: Deployment, world: JobWorld, reason = 'manifest unknown'): void {
  addLog(deployment, world.now(), reason, { type: 'stderr' })
  world.queue.settle(deployment, 'failed')
  world.queue.advance(deployment.server)
  // ApplicationDeploymentJob::failed tells the reason after the status is written.
  world.after(world.timing.logDelayMs, () => {
    const say = (text: string, hidden = false) => addLog(deployment, world.now(), text, { type: 'stderr', hidden })
    say('========================================')
    say(`Deployment failed: Command execution failed (exit code 1): ${reason}`)
    say('Error type: App\\Exceptions\\DeploymentException', true)
    say('Error code: 0', true)
    say('========================================')
    say('Deployment failed. Removing the new version of your application.')
    close(deployment, world)
  })
}

function refuseUnhealthy(deployment: Deployment, world: JobWorld): void {
  const say = (text: string, type: 'stdout' | 'stderr' = 'stdout') => addLog(deployment, world.now(), text, { type })
  say('Attempt 1 of 10 | Healthcheck status: "unhealthy"')
  say('New container is unhealthy.', 'stderr')
  say('New container is not healthy, rolling back to the old container.')
  world.queue.settle(deployment, 'failed')
  world.queue.advance(deployment.server)
  world.after(world.timing.logDelayMs, () => {
    say('Rolling update completed.')
    close(deployment, world)
  })
}
