import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Deployment } from '@deploy-actions/core/coolify/deployment'

/** Number of deployments of an application that are searched. */
export const LOOK_BACK = 30

/** A deployment by its ID, or from the application's list where this version of Coolify cannot find it by ID. */
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
