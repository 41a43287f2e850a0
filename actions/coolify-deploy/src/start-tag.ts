import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { Started } from '@deploy-actions/core/coolify/deploy-reply'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import { type Begun, begin, type Scene } from './attempt.ts'
import { afterLostAnswer } from './duplicate.ts'
import type { Plan } from './plan.ts'
import { outcomeOf, situationOf, waitWhileBusy } from './start.ts'
import type { World } from './world.ts'

/**
 * Has Coolify start all that carries a tag, by one call, as its webhook does: services come along, which cannot be listed by a tag.
 * Applications that it leaves out, as a deployment of them is queued or runs, are started each for itself.
 */
export async function startTag(tag: string, plans: readonly Plan[], scene: Scene): Promise<Begun[]> {
  const { inputs, world, ledger } = scene
  const end = world.clock.now() + inputs.waitTimeout
  const started = await call(tag, inputs.force, end, world)
  const begun: Begun[] = []
  for (const plan of plans) {
    const { uuid, name } = plan.resource
    const entry = started.find(({ resourceUuid }) => resourceUuid === uuid)
    const deployment = entry?.outcome.kind === 'queued' ? entry.outcome.deploymentUuid : await begunBefore(plan, world)
    if (deployment === undefined) {
      begun.push(await begin(plan, plan.step, scene))
      continue
    }
    if (inputs.wait) ledger.note({ uuid, name, deployment })
    begun.push({ plan, step: plan.step, deployment, end })
  }
  for (const entry of started.filter(({ resourceUuid }) => resourceUuid === undefined)) {
    const service = await serviceOf(entry, world)
    if (service === undefined) continue
    const plan: Plan = {
      resource: service,
      known: new Set(),
      step: { change: undefined, start: { kind: 'service', pull: false }, version: undefined },
      previous: undefined,
      wayBack: { none: 'Coolify keeps no history of services' },
    }
    begun.push({ plan, step: plan.step, deployment: undefined, end })
  }
  return begun
}

/** The deployment of a call whose answer named none of it: Coolify's queue became full in the midst of the tag's applications. */
async function begunBefore(plan: Plan, world: World): Promise<string | undefined> {
  const next = afterLostAnswer(await situationOf(plan.step, plan, world))
  return next.kind === 'adopt' ? next.deployment.uuid : undefined
}

async function call(tag: string, force: boolean, end: number, world: World): Promise<Started[]> {
  for (;;) {
    try {
      return await world.unbroken.deploy({ target: { tag }, force })
    } catch (thrown) {
      if (!(thrown instanceof CoolifyError && (await waitWhileBusy(thrown, '', end, world)))) throw thrown
    }
  }
}

/** A service is told by its name alone. */
async function serviceOf(entry: Started, { coolify, log }: World): Promise<Resource | undefined> {
  const name = /^Service (.+) started\b/.exec(entry.message)?.[1]
  outcomeOf(entry, name ?? 'it')
  const found = name === undefined ? [] : await coolify.servicesNamed(name).catch(() => [])
  if (found.length === 1) return found[0]
  log.notice(
    `Coolify says: ${entry.message} It is not looked at any more, as nothing but its name is known; name its uuid for that.`,
  )
  return undefined
}
