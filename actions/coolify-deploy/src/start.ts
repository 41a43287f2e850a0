import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Started } from '@deploy-actions/core/coolify/deploy-reply'
import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { afterDuplicate, afterLostAnswer, type Next, type Situation } from './duplicate.ts'
import { LOOK_BACK } from './find-deployment.ts'
import { follow } from './follow.ts'
import type { Inputs } from './inputs.ts'
import type { Plan, Step } from './plan.ts'
import type { World } from './world.ts'

/** Milliseconds to wait where Coolify says "later" and no time. */
const PAUSE = 10_000
/** How often a lost answer leads to another try: each may deploy a second time, should the list not show the first. */
const LOST_ANSWERS = 3

/**
 * Has Coolify start a step, however busy it is. Resolves with the id of the deployment to follow; undefined for a service or a database,
 * which have none. `end` is in milliseconds since the epoch.
 */
export async function start(
  step: Step,
  plan: Pick<Plan, 'resource' | 'known'>,
  end: number,
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
      log.info(`  ${name}: Coolify left it out, as a deployment of it is queued or runs; ${tell(next)}`)
    } catch (thrown) {
      if (!(thrown instanceof CoolifyError)) throw thrown
      if (await waitWhileBusy(thrown, `${name}: `, end, world)) continue
      lost += 1
      if (!['uncertain', 'unavailable'].includes(thrown.problem) || lost > LOST_ANSWERS) throw thrown
      log.info(`  ${name}: ${thrown.message} Looking whether it was started`)
      await clock.sleep(inputs.pollInterval, signal)
      next = isApplication(plan.resource)
        ? afterLostAnswer(await situationOf(step, plan, world))
        : { kind: 'again', force }
    }
    if (next.kind === 'adopt') return next.deployment.uuid
    if (next.kind === 'wait') await follow(next.deployment.uuid, plan.resource, end, inputs, world)
    else force ||= next.force
    if (clock.now() >= end) throw neverStarted(name)
    await clock.sleep(inputs.pollInterval, signal)
  }
}

/** Waits as long as a busy Coolify asks for. False when it is not busy; throws what it said when there is no time for that. */
export async function waitWhileBusy(
  thrown: CoolifyError,
  who: string,
  end: number,
  { clock, log, signal }: World,
): Promise<boolean> {
  if (thrown.problem !== 'queue-full' && thrown.problem !== 'throttled') return false
  const pause = thrown.retryAfter ?? PAUSE
  if (clock.now() + pause >= end) throw thrown
  log.info(`  ${who}${thrown.message} Asking again in ${formatDuration(pause)}`)
  await clock.sleep(pause, signal)
  return true
}

async function call(
  step: Step,
  { resource }: Pick<Plan, 'resource'>,
  force: boolean,
  { unbroken }: World,
): Promise<Exclude<Started['outcome'], { kind: 'refused' }>> {
  switch (step.start.kind) {
    case 'rollback':
      return { kind: 'queued', deploymentUuid: await unbroken.rollback(resource.uuid, step.start.commit) }
    case 'service':
      await unbroken.restartService(resource.uuid, step.start.pull)
      return { kind: 'started' }
    case 'deploy': {
      const { pullRequest, imageTag } = step.start
      const target = { uuid: resource.uuid }
      const [started] = await unbroken.deploy({ target, force, pullRequest, imageTag })
      return outcomeOf(started, resource.name)
    }
  }
}

/** Throws what a refusal means that came with status 200. */
export function outcomeOf(
  started: Started | undefined,
  name: string,
): Exclude<Started['outcome'], { kind: 'refused' }> {
  if (started && started.outcome.kind !== 'refused') return started.outcome
  const message = started?.message ?? 'it names nothing that it started'
  const next = /^Unauthorized/.test(message)
    ? "Let an admin or owner of the team make the token; the token's user may not deploy this."
    : /^Pull request/.test(message)
      ? 'Coolify knows a preview once its GitHub App has told it of the pull request; with an image, set `image-tag`.'
      : 'See the resource in Coolify.'
  throw new ActionError({ title: `Coolify did not start ${name}`, message: `Coolify says: ${message}`, next })
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

function tell(next: Next): string {
  switch (next.kind) {
    case 'adopt':
      return 'that one brings the same version, so it is followed'
    case 'wait':
      return 'waiting for that one, which may bring an older commit, and deploying then'
    case 'again':
      return next.force ? 'queueing behind it' : 'it has ended meanwhile, so once more'
  }
}

function neverStarted(name: string): ActionError {
  return new ActionError({
    title: `${name} was not deployed in time`,
    message: 'Other deployments of it were in the way until `wait-timeout` was up.',
    next: 'Look at its deployments in Coolify: is one stuck? Give the workflow a `concurrency` group, so that runs do not pile up.',
  })
}
