import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { isApplication, type Resource } from '@deploy-actions/core/coolify/resource'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { LOOK_BACK } from './find-deployment.ts'
import type { Inputs } from './inputs.ts'
import { type Change, isPreview, type Plan, type Step } from './plan.ts'
import { start } from './start.ts'
import { apply, cancelDeployment, restore } from './undo.ts'
import type { PendingDeploy, UndoLog } from './undo-log.ts'
import { deploymentFailure, failedHealthUrl, notRunning, timedOut, type Unhealthy, type Verdict } from './verdict.ts'
import { checkUrls, ownUrls, supersededBy, waitUntilRunning, withoutLogin } from './verify.ts'
import { watchDeployment } from './watch-deployment.ts'
import type { World } from './world.ts'

/** Shown log lines of an unhealthy container. */
const CONTAINER_LINES = 30

/** A step that Coolify has accepted. */
export interface StartedStep {
  readonly plan: Plan
  readonly step: Step
  /** ID of the deployment; undefined for services and databases, which have none. */
  readonly deployment: string | undefined
  /** Deadline, in milliseconds since the epoch. */
  readonly deadline: number
  /** The application is still pinned to the commit, although its deployment has read it. */
  readonly isPinned?: boolean
}

export interface Attempt {
  readonly started: StartedStep
  readonly deployment: Deployment | undefined
  readonly verdict: Verdict
}

/** The inputs, effects and undo log of one run. */
export interface Context {
  readonly inputs: Inputs
  readonly world: World
  readonly undoLog: UndoLog
}

/** Sets the version and starts the deployment. When it cannot be started, the setting is restored. */
export async function startStep(plan: Plan, step: Step, context: Context): Promise<StartedStep> {
  const { inputs, world, undoLog } = context
  const { uuid, name } = plan.resource
  const { change } = step
  const deadline = world.clock.now() + inputs.waitTimeout
  world.signal.throwIfAborted()
  undoLog.record({ uuid, name, change, known: [...plan.known], pending: pendingDeploy(plan, inputs) })
  try {
    if (change) await apply(change, uuid, world.uninterrupted)
    world.signal.throwIfAborted()
    const deployment = await start(step, plan, deadline, inputs, world)
    undoLog.record({ uuid, name, change, deployment })
    const started = { plan, step, deployment, deadline }
    const isPinned = !(await unpin(started, context))
    if (!inputs.wait && !isPinned) undoLog.remove(uuid)
    return { ...started, isPinned }
  } catch (thrown) {
    if (change && !world.signal.aborted) await restoreAfterFailure(change, plan.resource, context)
    throw thrown
  }
}

/** How the post step can roll a deploy back; undefined when it will not. */
export function pendingDeploy({ known: _, ...plan }: Plan, { confirm, wanted }: Inputs): PendingDeploy | undefined {
  return confirm === 'job' && wanted.kind !== 'rollback' && !('none' in plan.rollbackStep) ? { plan } : undefined
}

/** Restores the setting of a deployment that never started. If Coolify does not respond now, the post step does it. */
async function restoreAfterFailure(
  change: Change,
  { uuid, name }: Resource,
  { world, undoLog }: Context,
): Promise<void> {
  try {
    if (await restore(change, uuid, world.uninterrupted)) world.log.info(`  ${name}: the setting was restored`)
    undoLog.remove(uuid)
  } catch (thrown) {
    world.log.warning(`${name} is still set to the new version: ${messageOf(thrown)}`)
  }
}

/**
 * The deployment has stored its commit; without the pin the next push deploys the newest commit, as before. False when the pin could
 * not be removed, which does not end the run.
 */
async function unpin({ plan, step, deployment }: StartedStep, { world, undoLog }: Context): Promise<boolean> {
  const { uuid, name } = plan.resource
  const { change } = step
  if (change?.kind !== 'commit' || change.from !== undefined) return true
  try {
    await restore(change, uuid, world.uninterrupted)
    undoLog.record({ uuid, name, deployment })
    return true
  } catch (thrown) {
    world.log.warning(`${name} is still pinned to ${change.to}: ${messageOf(thrown)}`)
    return false
  }
}

/** Waits for the end of a step and checks its health. */
export async function completeStep(started: StartedStep, context: Context): Promise<Attempt> {
  const { plan, step, deployment: id } = started
  const { inputs, world } = context
  if (!inputs.wait) {
    if (started.isPinned) await unpin(started, context)
    const seen = id === undefined ? undefined : await world.coolify.deployment(id).catch(() => undefined)
    return { started, deployment: seen, verdict: { kind: 'pending' } }
  }
  if (id === undefined) return { started, deployment: undefined, verdict: await judge(started, undefined, context) }
  const { deployment, failure } = await awaitDeployment(id, started, context)
  if (started.isPinned) await unpin(started, context)
  if (failure || deployment === undefined) return { started, deployment, verdict: failure ?? { kind: 'pending' } }
  const by = await supersededBy(step, plan.resource, deployment, world)
  if (by !== undefined) return { started, deployment, verdict: { kind: 'superseded', by } }
  const verdict = await judge(started, deployment, context)
  const further = verdict.kind === 'healthy' ? await watchFurtherServers(started, deployment, context) : undefined
  return { started, deployment, verdict: further ?? verdict }
}

interface DeploymentEnd {
  readonly deployment: Deployment | undefined
  readonly failure?: Unhealthy | undefined
}

/** Waits for the end of a deployment. After the time limit it is cancelled or kept (`on-timeout`). */
async function awaitDeployment(
  id: string,
  { plan: { resource }, deadline }: StartedStep,
  { inputs, world }: Context,
): Promise<DeploymentEnd> {
  const watched = await watchDeployment(id, resource, deadline, inputs, world)
  const { deployment } = watched
  if (watched.kind === 'ended') {
    const lines = inputs.logs === 'none' ? [] : watched.lines
    const failure = deploymentFailure(watched.deployment, watched.lines, resource.name)
    return { deployment, failure: failure && { ...failure, lines } }
  }
  const lastStatus = deployment?.status ?? 'never seen'
  if (inputs.onTimeout === 'keep')
    return { deployment, failure: timedOut(resource.name, lastStatus, inputs.waitTimeout, true) }
  const status = await cancelDeployment(id, resource.uuid, world.uninterrupted).catch(thrown => {
    if (thrown instanceof CoolifyError && thrown.problem === 'no-endpoint') return undefined
    throw thrown
  })
  // Before beta.436 deployments cannot be cancelled.
  if (status === undefined)
    return { deployment, failure: timedOut(resource.name, lastStatus, inputs.waitTimeout, true) }
  const last = deployment && { ...deployment, status }
  // It can have finished at the same moment.
  if (status === 'finished') return { deployment: last }
  return { deployment: last, failure: timedOut(resource.name, lastStatus, inputs.waitTimeout, false) }
}

/** An application on several servers gets a deployment for each further server after the first has finished; only the application's list shows them. */
async function watchFurtherServers(
  { plan, deadline }: StartedStep,
  first: Deployment,
  { inputs, world }: Context,
): Promise<Verdict | undefined> {
  const { resource, known } = plan
  const since = (await world.coolify.deployments(resource.uuid, LOOK_BACK)).filter(({ uuid }) => !known.has(uuid))
  for (const { uuid } of since.filter(({ destination }) => destination !== first.destination)) {
    world.log.info(`  ${resource.name}: another server`)
    const watched = await watchDeployment(uuid, resource, deadline, inputs, world)
    if (watched.kind === 'timed-out') {
      const reason = `The deployment of ${resource.name} to another server did not finish within \`wait-timeout\`.`
      return { kind: 'unhealthy', stage: 'running', reason, lines: [] }
    }
    const failure = deploymentFailure(watched.deployment, watched.lines, resource.name)
    if (failure) return { ...failure, stage: 'running', reason: `On another server: ${failure.reason}` }
  }
  return undefined
}

/** Checks the health. Coolify reports no status for the containers of a preview. */
async function judge(started: StartedStep, deployment: Deployment | undefined, context: Context): Promise<Verdict> {
  const { inputs, world } = context
  const { resource } = started.plan
  if (isPreview(started.step)) return { kind: 'healthy', url: undefined }
  const reason =
    inputs.health.by === 'url'
      ? undefined
      : await waitUntilRunning(resource, deployment?.finishedAt, inputs.health, inputs, world)
  if (reason !== undefined) return notRunning(resource, reason, await containerLines(resource, context))
  const urls = ownUrls(inputs.health.urls, resource)
  const { problem } = await checkUrls(urls, inputs.health, world)
  if (problem !== undefined) return failedHealthUrl(problem, await containerLines(resource, context))
  return { kind: 'healthy', url: withoutLogin(urls[0]) }
}

/** The last log lines of the unhealthy containers, before they are replaced. */
async function containerLines(resource: Resource, { inputs, world }: Context): Promise<string[]> {
  if (inputs.logs === 'none' || !isApplication(resource)) return []
  const lines = await world.coolify.containerLines(resource.uuid, CONTAINER_LINES).catch(() => [])
  return lines.map(world.clean)
}
