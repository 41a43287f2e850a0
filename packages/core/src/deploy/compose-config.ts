import { configCommand } from '../compose/command.ts'
import { parseComposeConfig, type Service } from '../compose/config.ts'
import { readFailure } from '../compose/failure.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { ActionError } from '../values/action-error.ts'
import type { Project } from './project.ts'

const TIMEOUT = 60_000
/** What the server prints is kept in memory: nothing of a service's size comes near this. */
const MOST_OUTPUT = 16 * 1024 * 1024

/** The services of a release whose files are in the project directory, as Compose reads them there. Never logged: it holds secrets. */
export async function servicesInPlace(release: Release, { host, path }: Project): Promise<readonly Service[]> {
  if (isEmpty(release)) return []
  const { composeFiles, project } = release
  const argv = configCommand({ directory: path, composeFiles, projectName: project })
  const result = await host.run({ argv, timeout: TIMEOUT, maxOutput: MOST_OUTPUT })
  if (result.exitCode === 0) return parseComposeConfig(result.stdout).services
  const cause = readFailure(result.stderr)?.message ?? result.stderr.trim()
  throw new ActionError({
    title: `Compose file of release ${nameOf(release)} is invalid`,
    message: `docker compose config reports: ${cause}`,
  })
}
