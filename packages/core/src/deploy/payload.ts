import { type EnvEntries, writeDotenv } from '../compose/dotenv.ts'
import { valuesInDotenv } from '../compose/env-secrets.ts'
import { profilesVariable } from '../compose/project-inputs.ts'
import { formatChecksums, isFile, type ManifestEntry } from '../host/manifest.ts'
import { ActionError } from '../values/action-error.ts'
import type { Context, Workspace } from './context.ts'
import type { SourceOptions } from './options.ts'

/** The files and variables of a release, read from the workspace before the server is called. */
export interface Payload {
  readonly root: string
  readonly composeFiles: readonly string[]
  readonly entries: readonly ManifestEntry[]
  /** As `sha256sum -c` reads it. */
  readonly manifest: string
  /** A line `644 path` for each file. */
  readonly modes: string
  readonly links: readonly string[]
  /** The text of `.env`; undefined leaves the server's own alone. */
  readonly env: string | undefined
  /** The profiles whose services run: they are in `env`. */
  readonly profiles: readonly string[]
}

/** In the order in which Compose looks: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file */
const DEFAULT_COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const ENV = '.env'

/** Reads what a release is made of. From then on no value of its `.env` is shown, wherever it came from. */
export function readWorkspace(source: SourceOptions, context: Context): Promise<Payload> {
  return context.phase('Read the workspace', async () => {
    const payload = await collectPayload(source, context.workspace)
    if (payload.env !== undefined) context.hide?.(valuesInDotenv(payload.env))
    return payload
  })
}

export async function collectPayload(source: SourceOptions, workspace: Workspace): Promise<Payload> {
  const { root } = source
  const composeFiles = source.composeFiles.length > 0 ? source.composeFiles : await findComposeFile(source, workspace)
  const collected = await workspace.collect(root, [...composeFiles, ...source.files])
  refuseUnsafeNames(collected)
  // `.env` has one owner, and is never an ordinary file: it holds secrets.
  const entries = collected.filter(({ path }) => path !== ENV)
  const shippedEnv = entries.length < collected.length ? ENV : undefined
  const files = entries.filter(isFile)
  return {
    root,
    composeFiles,
    entries,
    manifest: formatChecksums(entries),
    modes: files.map(({ mode, path }) => `${mode.toString(8)} ${path}\n`).join(''),
    links: entries.filter(entry => !isFile(entry)).map(({ path }) => path),
    env: await envText(source, shippedEnv, workspace),
    profiles: source.profiles ?? [],
  }
}

/** On the server, lists of files go from one tool to the next, one per line, and sha256sum escapes a backslash. */
function refuseUnsafeNames(entries: readonly ManifestEntry[]): void {
  const unsafe = entries.filter(({ path }) => /[\\\r\n]/.test(path)).map(({ path }) => JSON.stringify(path))
  if (unsafe.length === 0) return
  throw new ActionError({
    title: 'Unsupported file name',
    message: `${unsafe.join(', ')}: the name has a line break or a backslash in it.`,
    next: 'Rename the file, or leave it out of `files`.',
  })
}

async function findComposeFile({ root, place }: SourceOptions, workspace: Workspace): Promise<string[]> {
  for (const file of DEFAULT_COMPOSE_FILES) if (await workspace.exists(root, file)) return [file]
  throw new ActionError({
    title: 'Compose file not found',
    message: `None of ${DEFAULT_COMPOSE_FILES.join(', ')} is in ${place}.`,
    next: 'Name it in `compose-files`, and check that the repository is checked out before this step.',
  })
}

async function envText(
  { root, envRoot, env: entries, envFile, profiles = [] }: SourceOptions,
  shipped: string | undefined,
  workspace: Workspace,
): Promise<string | undefined> {
  const file = envFile ?? shipped
  const folder = envFile === undefined ? root : envRoot
  if (shipped !== undefined && (envFile ?? ENV) !== ENV) {
    throw new ActionError({
      title: 'Two sources of .env',
      message: `\`files\` contains a .env, and \`env-file\` names ${envFile}.`,
      next: 'Leave .env out of `files`, or leave out `env-file`.',
    })
  }
  if (file === undefined && entries.length === 0) {
    if (profiles.length > 0) throw profilesWithoutEnv(profiles)
    return undefined
  }
  refuseTwoSourcesOfProfiles(entries, profiles, '`profiles`, and `env`, `env-json` or `env-names`, both')
  const env = profiles.length === 0 ? entries : [...entries, [profilesVariable, profiles.join(',')] as const]
  if (file === undefined) return writeDotenv(env)
  if (!(await workspace.exists(folder, file))) {
    throw new ActionError({
      title: `${file} not found`,
      message: `\`env-file\` names ${file}, which is not in "${envRoot}" of the workspace.`,
      next: 'Correct `env-file`, and check that an earlier step writes the file.',
    })
  }
  const start = await workspace.readText(folder, file)
  refuseTwoSourcesOfProfiles(valuesInDotenv(start), profiles, `\`profiles\` and ${file} both`)
  // Compose takes the last of two equal names, so the inputs win over the file.
  return env.length === 0 ? start : `${start.replace(/\n?$/, '\n')}${writeDotenv(env)}`
}

/** Compose takes the profiles from `.env`, and what a deploy does not write cannot be restored by a rollback. */
function profilesWithoutEnv(profiles: readonly string[]): ActionError {
  const line = `${profilesVariable}=${profiles.join(',')}`
  return new ActionError({
    title: '`profiles` without a .env',
    message: `Compose reads the active profiles from the project's .env (${line}), and this step writes none: the one on the server stays.`,
    next: `Set \`env\`, \`env-names\` or \`env-file\`, with which the step writes the whole .env. Or leave out \`profiles\`, and add ${line} to the .env on the server.`,
  })
}

function refuseTwoSourcesOfProfiles(entries: EnvEntries, profiles: readonly string[], sources: string): void {
  if (profiles.length === 0 || !entries.some(([name]) => name === profilesVariable)) return
  throw new ActionError({
    title: `Two sources of ${profilesVariable}`,
    message: `${sources} set the active profiles.`,
    next: `Leave out \`profiles\`, or remove ${profilesVariable}.`,
  })
}
