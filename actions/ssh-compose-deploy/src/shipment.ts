import { writeDotenv } from '@deploy-actions/core/compose/dotenv'
import { formatChecksums, type ManifestEntry } from '@deploy-actions/core/host/manifest'
import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Inputs } from './inputs.ts'
import type { World } from './world.ts'

/** What a deploy brings, read from the workspace before the server is called. */
export interface Shipment {
  readonly root: string
  readonly composeFiles: readonly string[]
  readonly entries: readonly ManifestEntry[]
  readonly manifest: string
  /** The text of `.env`; undefined leaves the server's own alone. */
  readonly env: string | undefined
}

/** In the order in which Compose looks: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file */
const DEFAULT_COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

export async function collectShipment(inputs: Inputs, { workspace }: World): Promise<Shipment> {
  const root = inputs.workingDirectory
  const composeFiles = inputs.composeFiles.length > 0 ? inputs.composeFiles : await findComposeFile(root, workspace)
  const entries = await workspace.collect(root, [...composeFiles, ...inputs.files])
  refuseUnsafeNames(entries)
  return { root, composeFiles, entries, manifest: formatChecksums(entries), env: await envText(inputs, workspace) }
}

/** On the server, lists of files go from one tool to the next a line each, and sha256sum escapes a backslash. */
function refuseUnsafeNames(entries: readonly ManifestEntry[]): void {
  const unsafe = entries.filter(({ path }) => /[\\\n]/.test(path)).map(({ path }) => JSON.stringify(path))
  if (unsafe.length === 0) return
  throw new ActionError({
    title: 'A file cannot be shipped',
    message: `${unsafe.join(', ')}: the name has a line break or a backslash in it.`,
    next: 'Rename it, or leave it out of `files`. Nothing was changed.',
  })
}

async function findComposeFile(root: string, workspace: World['workspace']): Promise<string[]> {
  for (const file of DEFAULT_COMPOSE_FILES) if (await workspace.exists(root, file)) return [file]
  throw new ActionError({
    title: 'No compose file',
    message: `None of ${DEFAULT_COMPOSE_FILES.join(', ')} is in "${root}" of the workspace.`,
    next: 'Name it in `compose-files`, and check that the repository is checked out before this step.',
  })
}

async function envText(
  { envFile, env, workingDirectory }: Inputs,
  workspace: World['workspace'],
): Promise<string | undefined> {
  if (envFile === undefined && env.length === 0) return undefined
  if (envFile === undefined) return writeDotenv(env)
  if (!(await workspace.exists(workingDirectory, envFile))) {
    throw new ActionError({
      title: 'No env file',
      message: `\`env-file\` names ${envFile}, which is not in the workspace.`,
    })
  }
  const start = await workspace.readText(workingDirectory, envFile)
  // Compose takes the last of two equal names, so the inputs win over the file.
  return `${start.replace(/\n?$/, '\n')}${writeDotenv(env)}`
}
