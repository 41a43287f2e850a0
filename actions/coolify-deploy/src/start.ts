import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Started } from '@deploy-actions/core/coolify/deploy-reply'
import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { afterDuplicate, afterLostResponse, type Next, type Situation } from './duplicate.ts'
import { LOOK_BACK } from './find-deployment.ts'
import type { Inputs } from './inputs.ts'
import type { Plan, Step } from './plan.ts'
import { watchDeployment } from './watch-deployment.ts'
import type { World } from './world.ts'

/** Milliseconds to wait when Coolify is busy and names no time. */
const PAUSE = 10_000
/** Attempts after a lost response: each can deploy a second time if the list does not show the first deployment. */
const LOST_RESPONSES = 3

/**
 * Has Coolify start a step, however busy it is. Resolves with the ID of the deployment to watch; undefined for services and databases,
 * which have none. `deadline` is in milliseconds since the epoch.
 */
export async function start(
  step: Step,
  plan: Pick<Plan, 'resource' | 'known'>,
  deadline: number,
  inputs: Inputs,
  world: World,
): Promise<string | undefined> {
  const { clock, log, signal } = world
  const { name } = plan.resource
  let force = step.start.kind === 'deploy' && step.start.force
  let lost = 0
  for (;;) {
    let next: Next
    try {
      const started = await call(step, plan, force, world)
      if (started.kind === 'queued') return started.deploymentUuid
      if (started.kind === 'started') return undefined
      next = afterDuplicate(await situationOf(step, plan, world))
      log.info(`  ${name}: Coolify skipped the deployment because another one is queued or running; ${describe(next)}`)
    } catch (thrown) {
      if (!(thrown instanceof CoolifyError)) throw thrown
      if (await waitWhileBusy(thrown, `${name}: `, deadline, world)) continue
      lost += 1
      if (!['uncertain', 'unavailable'].includes(thrown.problem) || lost > LOST_RESPONSES) throw thrown
      log.info(`  ${name}: ${thrown.message} Checking whether the deployment was started`)
      await clock.sleep(inputs.pollInterval, signal)
      next = isApplication(plan.resource)
        ? afterLostResponse(await situationOf(step, plan, world))
        : { kind: 'again', force }
    }
    if (next.kind === 'adopt') return next.deployment.uuid
    if (next.kind === 'wait') await watchDeployment(next.deployment.uuid, plan.resource, deadline, inputs, world)
    else force ||= next.force
    if (clock.now() >= deadline) throw neverStarted(name)
    await clock.sleep(inputs.pollInterval, signal)
  }
}

/** Waits for the time that a busy Coolify names. False when it is not busy; throws its response when the deadline does not allow the wait. */
export async function waitWhileBusy(
  thrown: CoolifyError,
  who: string,
  deadline: number,
  { clock, log, signal }: World,
): Promise<boolean> {
  if (thrown.problem !== 'queue-full' && thrown.problem !== 'throttled') return false
  const pause = thrown.retryAfter ?? PAUSE
  if (clock.now() + pause >= deadline) throw thrown
  log.info(`  ${who}${thrown.message} Next request in ${formatDuration(pause)}`)
  await clock.sleep(pause, signal)
  return true
}

async function call(
  step: Step,
  { resource }: Pick<Plan, 'resource'>,
  force: boolean,
  { uninterrupted }: World,
): Promise<Exclude<Started['outcome'], { kind: 'refused' }>> {
  switch (step.start.kind) {
    case 'rollback':
      return { kind: 'queued', deploymentUuid: await uninterrupted.rollback(resource.uuid, step.start.commit) }
    case 'service':
      await uninterrupted.restartService(resource.uuid, step.start.pull)
      return { kind: 'started' }
    case 'deploy': {
      const { pullRequest, imageTag } = step.start
      const target = { uuid: resource.uuid }
      const [started] = await uninterrupted.deploy({ target, force, pullRequest, imageTag })
      return outcomeOf(started, resource.name)
    }
  }
}

/** Throws an explanation for a refusal that was sent with status 200. */
export function outcomeOf(
  started: Started | undefined,
  name: string,
): Exclude<Started['outcome'], { kind: 'refused' }> {
  if (started && started.outcome.kind !== 'refused') return started.outcome
  const message = started?.message ?? 'the response names no started resource'
  const next = /^Unauthorized/.test(message)
    ? 'Have an admin or owner of the team create the token; its user has no permission to deploy this resource.'
    : /^Pull request/.test(message)
      ? 'Coolify knows a preview after its GitHub App has reported the pull request; for an image, set `image-tag`.'
      : 'Check the resource in Coolify.'
  throw new ActionError({ title: `Coolify did not start ${name}`, message: `Coolify responded: ${message}`, next })
}

export async function situationOf(
  step: Step,
  { resource, known }: Pick<Plan, 'resource' | 'known'>,
  { coolify }: World,
): Promise<Situation> {
  const deployments = await coolify.deployments(resource.uuid, LOOK_BACK)
  const pullRequest = (step.start.kind === 'deploy' ? step.start.pullRequest : undefined) ?? 0
  const isImage = isApplication(resource) && runsImage(resource)
  return { deployments, known, pullRequest, runsImage: isImage, version: step.version }
}

function describe(next: Next): string {
  switch (next.kind) {
    case 'adopt':
      return 'that deployment has the same version, so it is watched'
    case 'wait':
      return 'waiting for that deployment, which can have an older commit, and deploying after it'
    case 'again':
      return next.force ? 'queueing behind it' : 'it has ended in the meantime, so the request is repeated'
  }
}

function neverStarted(name: string): ActionError {
  return new ActionError({
    title: `${name} was not deployed within \`wait-timeout\``,
    message: 'Other deployments of it were queued or running until `wait-timeout` had passed.',
    next: 'Cancel a stuck deployment in Coolify. Give the job a `concurrency` group, so that runs do not pile up.',
  })
}
