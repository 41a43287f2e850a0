import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { isApplication, type Resource } from '@deploy-actions/core/coolify/resource'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { LOOK_BACK } from './find-deployment.ts'
import { follow } from './follow.ts'
import type { Inputs } from './inputs.ts'
import type { Ledger } from './ledger.ts'
import { type Change, isPreview, type Plan, type Step } from './plan.ts'
import { apply, cancelDeployment, putBack } from './put-back.ts'
import { start } from './start.ts'
import { badAnswer, lateness, notRunning, type Sick, sickness, type Verdict } from './verdict.ts'
import { checkUrls, ownUrls, waitUntilRunning, whatElse, withoutLogin } from './verify.ts'
import type { World } from './world.ts'

/** Lines of a container's log that are shown when it is sick. */
const OWN_LINES = 30

/** A step that Coolify has taken. */
export interface Begun {
  readonly plan: Plan
  readonly step: Step
  /** Undefined for a service or a database, which have none. */
  readonly deployment: string | undefined
  /** Milliseconds since the epoch until which it may take. */
  readonly end: number
  /** It is still pinned to the commit that its deployment has taken already. */
  readonly isPinned?: boolean
}

export interface Attempt {
  readonly begun: Begun
  readonly deployment: Deployment | undefined
  readonly verdict: Verdict
}

/** Where the parts of a story know each other's work. */
export interface Scene {
  readonly inputs: Inputs
  readonly world: World
  readonly ledger: Ledger
}

/** Sets the version and has Coolify start it. When it cannot be started, what was set is put back. */
export async function begin(plan: Plan, step: Step, scene: Scene): Promise<Begun> {
  const { inputs, world, ledger } = scene
  const { uuid, name } = plan.resource
  const { change } = step
  const end = world.clock.now() + inputs.waitTimeout
  world.signal.throwIfAborted()
  ledger.note({ uuid, name, change, known: [...plan.known] })
  try {
    if (change) await apply(change, uuid, world.unbroken)
    world.signal.throwIfAborted()
    const deployment = await start(step, plan, end, inputs, world)
    ledger.note({ uuid, name, change, deployment })
    const begun = { plan, step, deployment, end }
    const isPinned = !(await unpin(begun, scene))
    if (!inputs.wait && !isPinned) ledger.close(uuid)
    return { ...begun, isPinned }
  } catch (thrown) {
    if (change && !world.signal.aborted) await takeBack(change, plan.resource, scene)
    throw thrown
  }
}

/** Puts back what was set for a deployment that never began. What Coolify cannot be told now is left to the step's post part. */
async function takeBack(change: Change, { uuid, name }: Resource, { world, ledger }: Scene): Promise<void> {
  try {
    if (await putBack(change, uuid, world.unbroken)) world.log.info(`  ${name}: what was set is put back`)
    ledger.close(uuid)
  } catch (thrown) {
    world.log.warning(`${name} is still set to the new version: ${messageOf(thrown)}`)
  }
}

/**
 * The deployment keeps the commit for itself; without the pin the next push deploys what is newest, as before. False when Coolify
 * could not be told, which is no reason to leave the deployment alone.
 */
async function unpin({ plan, step, deployment }: Begun, { world, ledger }: Scene): Promise<boolean> {
  const { uuid, name } = plan.resource
  const { change } = step
  if (change?.kind !== 'commit' || change.from !== undefined) return true
  try {
    await putBack(change, uuid, world.unbroken)
    ledger.note({ uuid, name, deployment })
    return true
  } catch (thrown) {
    world.log.warning(`${name} is still pinned to ${change.to}: ${messageOf(thrown)}`)
    return false
  }
}

/** Waits for the end of a step, and looks whether it runs. */
export async function complete(begun: Begun, scene: Scene): Promise<Attempt> {
  const { plan, step, deployment: id } = begun
  const { inputs, world } = scene
  if (!inputs.wait) {
    if (begun.isPinned) await unpin(begun, scene)
    const seen = id === undefined ? undefined : await world.coolify.deployment(id).catch(() => undefined)
    return { begun, deployment: seen, verdict: { kind: 'pending' } }
  }
  if (id === undefined) return { begun, deployment: undefined, verdict: await judge(begun, undefined, scene) }
  const { deployment, sick } = await bring(id, begun, scene)
  if (begun.isPinned) await unpin(begun, scene)
  if (sick || deployment === undefined) return { begun, deployment, verdict: sick ?? { kind: 'pending' } }
  const by = await whatElse(step, plan.resource, deployment, world)
  if (by !== undefined) return { begun, deployment, verdict: { kind: 'superseded', by } }
  const verdict = await judge(begun, deployment, scene)
  const further = verdict.kind === 'well' ? await followFurther(begun, deployment, scene) : undefined
  return { begun, deployment, verdict: further ?? verdict }
}

interface Brought {
  readonly deployment: Deployment | undefined
  readonly sick?: Sick | undefined
}

/** Waits until Coolify has brought a deployment to its end; when it takes too long, it is cancelled, or left to itself. */
async function bring(id: string, { plan: { resource }, end }: Begun, { inputs, world }: Scene): Promise<Brought> {
  const followed = await follow(id, resource, end, inputs, world)
  const { deployment } = followed
  if (followed.kind === 'over') {
    const lines = inputs.logs === 'none' ? [] : followed.lines
    const sick = sickness(followed.deployment, followed.lines, resource.name)
    return { deployment, sick: sick && { ...sick, lines } }
  }
  const stood = deployment?.status ?? 'never seen'
  if (inputs.onTimeout === 'keep') return { deployment, sick: lateness(resource.name, stood, inputs.waitTimeout, true) }
  const status = await cancelDeployment(id, resource.uuid, world.unbroken).catch(thrown => {
    if (thrown instanceof CoolifyError && thrown.problem === 'no-endpoint') return undefined
    throw thrown
  })
  // Before beta.436 nothing can be cancelled.
  if (status === undefined) return { deployment, sick: lateness(resource.name, stood, inputs.waitTimeout, true) }
  const last = deployment && { ...deployment, status }
  // It may have come to its end in the same moment.
  if (status === 'finished') return { deployment: last }
  return { deployment: last, sick: lateness(resource.name, stood, inputs.waitTimeout, false) }
}

/** An application on several servers has a deployment for each of the others once the first is finished, which only its list shows. */
async function followFurther(
  { plan, end }: Begun,
  first: Deployment,
  { inputs, world }: Scene,
): Promise<Verdict | undefined> {
  const { resource, known } = plan
  const since = (await world.coolify.deployments(resource.uuid, LOOK_BACK)).filter(({ uuid }) => !known.has(uuid))
  for (const { uuid } of since.filter(({ destination }) => destination !== first.destination)) {
    world.log.info(`  ${resource.name}: a further server`)
    const followed = await follow(uuid, resource, end, inputs, world)
    if (followed.kind === 'late') {
      const reason = `The deployment of ${resource.name} to a further server was not finished within \`wait-timeout\`.`
      return { kind: 'sick', stage: 'running', reason, lines: [] }
    }
    const sick = sickness(followed.deployment, followed.lines, resource.name)
    if (sick) return { ...sick, stage: 'running', reason: `On a further server: ${sick.reason}` }
  }
  return undefined
}

/** Whether it truly runs. Coolify says nothing of the containers of a preview. */
async function judge(begun: Begun, deployment: Deployment | undefined, scene: Scene): Promise<Verdict> {
  const { inputs, world } = scene
  const { resource } = begun.plan
  if (isPreview(begun.step)) return { kind: 'well', url: undefined }
  const reason =
    inputs.health.by === 'url'
      ? undefined
      : await waitUntilRunning(resource, deployment?.finishedAt, inputs.health, inputs, world)
  if (reason !== undefined) return notRunning(resource, reason, await ownLines(resource, scene))
  const urls = ownUrls(inputs.health.urls, resource)
  const { trouble } = await checkUrls(urls, inputs.health, world)
  if (trouble !== undefined) return badAnswer(trouble, await ownLines(resource, scene))
  return { kind: 'well', url: withoutLogin(urls[0]) }
}

/** What the sick containers last said, before they go. */
async function ownLines(resource: Resource, { inputs, world }: Scene): Promise<string[]> {
  if (inputs.logs === 'none' || !isApplication(resource)) return []
  const lines = await world.coolify.containerLines(resource.uuid, OWN_LINES).catch(() => [])
  return lines.map(world.clean)
}
