import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Inputs, Target } from './inputs.ts'
import type { Outcome, ResourceResult } from './outcome.ts'
import type { World } from './world.ts'

/** Starts the resources with a token that has only the permission `deploy`: the result cannot be read. */
export async function deployWithoutRead(inputs: Inputs, { uninterrupted, log }: World): Promise<Outcome> {
  log.notice('The token has no permission `read`, so the deployment is not watched (`wait: false`).')
  if (inputs.dryRun) {
    const details = inputs.targets.map(target => `start ${nameOf(target)}`)
    return { result: 'planned', headline: 'Dry run: nothing was changed', results: [], details }
  }
  const results: ResourceResult[] = []
  for (const target of inputs.targets) {
    const started = await uninterrupted.deploy({ target, force: inputs.force, pullRequest: inputs.pullRequest })
    for (const { message, outcome, resourceUuid } of started) {
      log.info(`  ${message}`)
      if (outcome.kind === 'refused')
        throw new ActionError({
          title: `Coolify did not start ${nameOf(target)}`,
          message: `Coolify responded: ${message}`,
        })
      const uuid = resourceUuid ?? ('uuid' in target ? target.uuid : '')
      const name = /^(?:Application|Service|Database) (.+?) (?:deployment queued|started)/.exec(message)?.[1] ?? uuid
      const kind = message.startsWith('Service')
        ? 'service'
        : message.startsWith('Database')
          ? 'database'
          : 'application'
      results.push({
        resource: { kind, uuid, name, status: 'unknown', seenAt: undefined, domains: [] },
        result: 'pending',
        version: undefined,
        previous: undefined,
        deployment:
          outcome.kind === 'queued' ? { uuid: outcome.deploymentUuid, status: 'queued', path: undefined } : undefined,
        url: undefined,
        ...(outcome.kind === 'duplicate'
          ? { note: `${name}: a deployment is already queued, so Coolify did not queue another one.` }
          : {}),
      })
    }
  }
  return {
    result: 'pending',
    headline: `Queued in Coolify: ${results.map(({ resource }) => resource.name).join(', ')}`,
    results,
  }
}

function nameOf(target: Target): string {
  return 'uuid' in target ? target.uuid : `all resources with the tag ${target.tag}`
}
