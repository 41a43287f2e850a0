import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Inputs } from './inputs.ts'
import type { End, Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** Starts what is named with a token that may only deploy: what becomes of it cannot be seen. */
export async function startBlind(inputs: Inputs, { unbroken, log }: World): Promise<Outcome> {
  log.notice('The token may not read, so what becomes of the deployment is not looked at (`wait: false`).')
  if (inputs.dryRun) {
    const details = inputs.targets.map(
      target => `start ${'uuid' in target ? target.uuid : `all with the tag ${target.tag}`}`,
    )
    return { result: 'planned', headline: 'Dry run: nothing was changed', ends: [], details }
  }
  const ends: End[] = []
  for (const target of inputs.targets) {
    const started = await unbroken.deploy({ target, force: inputs.force, pullRequest: inputs.pullRequest })
    for (const { message, outcome, resourceUuid } of started) {
      log.info(`  ${message}`)
      if (outcome.kind === 'refused')
        throw new ActionError({ title: 'Coolify did not start it', message: `Coolify says: ${message}` })
      const uuid = resourceUuid ?? ('uuid' in target ? target.uuid : '')
      const name = /^(?:Application|Service|Database) (.+?) (?:deployment queued|started)/.exec(message)?.[1] ?? uuid
      const kind = message.startsWith('Service')
        ? 'service'
        : message.startsWith('Database')
          ? 'database'
          : 'application'
      ends.push({
        resource: { kind, uuid, name, status: 'unknown', seenAt: undefined, domains: [] },
        result: 'pending',
        version: undefined,
        previous: undefined,
        deployment:
          outcome.kind === 'queued' ? { uuid: outcome.deploymentUuid, status: 'queued', path: undefined } : undefined,
        url: undefined,
        ...(outcome.kind === 'duplicate'
          ? { note: `${name}: a deployment of it was queued already, so Coolify queued no other.` }
          : {}),
      })
    }
  }
  return {
    result: 'pending',
    headline: `Coolify has taken it: ${ends.map(({ resource }) => resource.name).join(', ')}`,
    ends,
  }
}
