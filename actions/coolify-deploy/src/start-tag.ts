import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Started } from '@deploy-actions/core/coolify/deploy-reply'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import { type Context, pendingDeploy, type StartedStep, startStep } from './attempt.ts'
import { afterLostResponse } from './duplicate.ts'
import type { Plan } from './plan.ts'
import { outcomeOf, situationOf, waitWhileBusy } from './start.ts'
import type { World } from './world.ts'

/**
 * Has Coolify start all resources with a tag through one request, as its webhook does: this includes services, which cannot be listed
 * by tag. Applications that Coolify skips, because a deployment of them is queued or running, are started one by one.
 */
export async function startTag(tag: string, plans: readonly Plan[], context: Context): Promise<StartedStep[]> {
  const { inputs, world, undoLog } = context
  const deadline = world.clock.now() + inputs.waitTimeout
  const replies = await call(tag, inputs.force, deadline, world)
  const started: StartedStep[] = []
  for (const plan of plans) {
    const { uuid, name } = plan.resource
    const entry = replies.find(({ resourceUuid }) => resourceUuid === uuid)
    const deployment =
      entry?.outcome.kind === 'queued' ? entry.outcome.deploymentUuid : await startedBefore(plan, world)
    if (deployment === undefined) {
      started.push(await startStep(plan, plan.step, context))
      continue
    }
    if (inputs.wait) undoLog.record({ uuid, name, deployment, pending: pendingDeploy(plan, inputs) })
    started.push({ plan, step: plan.step, deployment, deadline })
  }
  for (const entry of replies.filter(({ resourceUuid }) => resourceUuid === undefined)) {
    const service = await serviceOf(entry, world)
    if (service === undefined) continue
    const plan: Plan = {
      resource: service,
      known: new Set(),
      step: { change: undefined, start: { kind: 'service', pull: false }, version: undefined },
      previous: undefined,
      rollbackStep: { none: 'Coolify keeps no history of services' },
    }
    started.push({ plan, step: plan.step, deployment: undefined, deadline })
  }
  return started
}

/** The deployment of an application that the response did not name: Coolify's queue became full before the last application of the tag. */
async function startedBefore(plan: Plan, world: World): Promise<string | undefined> {
  const next = afterLostResponse(await situationOf(plan.step, plan, world))
  return next.kind === 'adopt' ? next.deployment.uuid : undefined
}

async function call(tag: string, force: boolean, deadline: number, world: World): Promise<Started[]> {
  for (;;) {
    try {
      return await world.uninterrupted.deploy({ target: { tag }, force })
    } catch (thrown) {
      if (!(thrown instanceof CoolifyError && (await waitWhileBusy(thrown, '', deadline, world)))) throw thrown
    }
  }
}

/** The response identifies a service by its name only. */
async function serviceOf(entry: Started, { coolify, log }: World): Promise<Resource | undefined> {
  const name = /^Service (.+) started\b/.exec(entry.message)?.[1]
  outcomeOf(entry, name ?? 'the resource')
  const found = name === undefined ? [] : await coolify.servicesNamed(name).catch(() => [])
  if (found.length === 1) return found[0]
  log.notice(
    `Coolify responded: ${entry.message} Its health is not checked, because only its name is known. To have it checked, set its \`uuid\`.`,
  )
  return undefined
}
