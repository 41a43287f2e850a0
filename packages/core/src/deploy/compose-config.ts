import { parseComposeConfig, type Service } from '../compose/config.ts'
import { readFailure } from '../compose/failure.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { ActionError } from '../values/action-error.ts'
import type { Project } from './project.ts'

/** The services of a release whose files are in the project directory, as Compose reads them there. Never logged: it holds secrets. */
export async function servicesInPlace(release: Release, { program }: Project): Promise<readonly Service[]> {
  if (isEmpty(release)) return []
  const answer = await program.readConfig(release.composeFiles, release.project)
  if ('config' in answer) return parseComposeConfig(answer.config).services
  throw new ActionError({
    title: `Compose file of release ${nameOf(release)} is invalid`,
    message: `docker compose config reports: ${readFailure(answer.error)?.message ?? answer.error}`,
  })
}
