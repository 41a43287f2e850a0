import { parseComposeConfig, type Service } from '../compose/config.ts'
import { differingNames } from '../compose/env-differences.ts'
import { readFailure } from '../compose/failure.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { ActionError } from '../values/action-error.ts'
import type { Project } from './project.ts'

export interface InPlace {
  readonly services: readonly Service[]
  /** The names of `.env` whose values differ from those of the release before; empty where they are not known. */
  readonly changedNames: readonly string[]
}

/**
 * The services of a release whose files are in the project directory, as Compose reads them there. With the release that was there before,
 * what has changed in `.env`: whoever rotated a secret must know when a rollback restores the earlier one.
 */
export async function readInPlace(
  release: Release,
  { program }: Pick<Project, 'program'>,
  before?: Pick<Release, 'id' | 'env'>,
): Promise<InPlace> {
  if (isEmpty(release)) return { services: [], changedNames: [] }
  const bothHaveEnv = before?.env === 'written' && release.env === 'written'
  const envs = bothHaveEnv ? ([before, release] as const) : undefined
  const answer = await program.readConfig(release.composeFiles, release.project, envs)
  if ('config' in answer) {
    const changedNames = answer.envs === undefined ? [] : (differingNames(...answer.envs) ?? [])
    return { services: parseComposeConfig(answer.config).services, changedNames }
  }
  throw new ActionError({
    title: `Compose file of release ${nameOf(release)} is invalid`,
    message: `docker compose config reports: ${readFailure(answer.error)?.message ?? answer.error}`,
  })
}
