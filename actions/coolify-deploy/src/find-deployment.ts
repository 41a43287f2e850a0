import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Deployment } from '@deploy-actions/core/coolify/deployment'

/** How many deployments of an application are looked through. */
export const LOOK_BACK = 30

/** A deployment by its id; or from the application's list, where this version cannot find it by its id. */
export async function findDeployment(
  uuid: string,
  applicationUuid: string,
  coolify: CoolifyClient,
): Promise<Deployment | undefined> {
  return (
    (await coolify.deployment(uuid)) ??
    (await coolify.deployments(applicationUuid, LOOK_BACK)).find(deployment => deployment.uuid === uuid)
  )
}
