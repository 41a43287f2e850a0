import type { ComposeConfig } from '../compose/config.ts'
import { readFailure } from '../compose/failure.ts'
import { isComparable, type Resource, type ResourceDifference, resourceDifferences } from '../compose/resources.ts'
import { type UnsetVariables, unsetVariables } from '../compose/unset-variables.ts'
import { isFile, type ManifestEntry, parseChecksums, totalSize } from '../host/manifest.ts'
import type { StageAnswer } from '../release/answers.ts'
import { releaseFiles } from '../release/layout.ts'
import { planValues } from '../release/plan-file.ts'
import type { ProjectProgram } from '../release/project-program.ts'
import type { StoreSurvey } from '../release/survey.ts'
import { ActionError } from '../values/action-error.ts'
import { formatBytes } from '../values/bytes.ts'
import { count } from '../values/count.ts'
import type { Context, Workspace } from './context.ts'
import type { Payload } from './payload.ts'
import { findUnknownProfiles, type UnknownProfiles } from './profiles.ts'
import { findMissing, howToUpload, type MissingFile, placeInWorkspace, referencesIn } from './references.ts'

/** The release to come, staged beside what runs: its files, and what Compose and the server make of them. */
export interface Candidate extends Omit<StageAnswer, 'config' | 'configError' | 'damaged' | 'directory'> {
  readonly payload: Payload
  readonly config: ComposeConfig
  /** The directory that paths in the configuration lie in. */
  readonly directory: string
  /** Files that the compose file refers to and that will not be there. */
  readonly missing: readonly MissingFile[]
  /** Variables that nobody sets. */
  readonly unset: UnsetVariables
  /** Profiles that no service has. */
  readonly unknownProfiles: UnknownProfiles
  /** Networks and volumes that are there with other settings. */
  readonly changedResources: readonly ResourceDifference[]
  /** The values of variables that Compose writes into files of its containers. Never logged: they are secrets. */
  readonly variables: ReadonlyMap<string, string>
}

export interface StageOptions {
  readonly program: ProjectProgram
  /** The private folder of this run on the server. */
  readonly folder: string
  readonly store: StoreSurvey
  readonly projectName: string | undefined
  /** Where people read that the files go. */
  readonly place?: string
}

/** Uploads what the server does not have yet, verifies it there, and has Compose read it. Nothing that runs is touched. */
export async function stageCandidate(payload: Payload, options: StageOptions, context: Context): Promise<Candidate> {
  const { program, store, projectName, place = '' } = options
  const reusable = reusableFrom(store)
  const stage = (reused: ReadonlySet<string>) => {
    const sent = payload.entries.filter(entry => !reused.has(entry.path))
    return program.stage({
      folder: options.folder,
      base: reused.size === 0 ? '' : (store.held?.id ?? ''),
      dropped: reused.size === 0 ? [] : reusable.paths.filter(path => !reused.has(path)),
      projectName: projectName ?? '',
      tar: context.workspace.pack(payload.root, sent, {
        documents: documentsOf(payload),
        prefix: `${releaseFiles.files}/`,
      }),
      signal: context.signal,
    })
  }
  let reused: ReadonlySet<string> = new Set(payload.entries.filter(reusable.has).map(entry => entry.path))
  let answer = await stage(reused)
  if (answer.damaged.length > 0 && reused.size > 0) {
    // What was reused was changed on the server since: then it is sent after all.
    reused = new Set()
    answer = await stage(reused)
  }
  if (answer.damaged.length > 0) throw damaged(program.host.name, answer.damaged)
  const sent = payload.entries.filter(entry => !reused.has(entry.path))
  const unsent = reused.size === 0 ? '' : `, ${reused.size} were there already`
  context.log.info(`  ${count(sent.length, 'file')} sent${place} (${formatBytes(totalSize(sent))})${unsent}`)
  const { config, configError, damaged: _none, directory = program.path, ...rest } = answer
  if (config === undefined) throw await invalidConfig(configError, directory, payload, context.workspace)
  const { workspace } = context
  // At the same time: the server needs a round trip for each.
  const [missing, variables, texts, unknownProfiles, changedResources] = await Promise.all([
    findMissing(referencesIn(config, directory), directory, payload, program, workspace),
    readVariables(config, directory, program),
    composeTexts(rest.warnings, payload, workspace),
    findUnknownProfiles(payload, config, directory, program),
    findChangedResources(config, directory, program),
  ])
  return {
    ...rest,
    payload,
    config,
    directory,
    missing,
    unset: unsetVariables(rest.warnings, texts),
    unknownProfiles,
    changedResources,
    variables,
  }
}

/** Nothing is read where Compose has nothing to say. A file that it includes may contain the variable as well. */
async function composeTexts(
  warnings: readonly string[],
  { root, entries, composeFiles }: Payload,
  workspace: Workspace,
): Promise<string[]> {
  if (warnings.length === 0) return []
  const paths = entries.filter(isFile).map(({ path }) => path)
  const files = paths.filter(path => composeFiles.includes(path) || /\.ya?ml$/.test(path))
  return Promise.all(files.map(path => workspace.readText(root, path)))
}

async function findChangedResources(
  { resources }: ComposeConfig,
  directory: string,
  program: ProjectProgram,
): Promise<ResourceDifference[]> {
  const wanted = resources.filter(isComparable)
  const namesOf = (kind: Resource['kind']) => wanted.filter(each => each.kind === kind).map(({ name }) => name)
  const present = await Promise.all([
    program.presentResources('network', namesOf('network')),
    program.presentResources('volume', namesOf('volume')),
  ])
  return resourceDifferences(wanted, present.flat(), directory)
}

async function readVariables(
  { services }: ComposeConfig,
  directory: string,
  program: ProjectProgram,
): Promise<ReadonlyMap<string, string>> {
  const names = services.flatMap(({ provided }) => provided.flatMap(({ variable }) => variable ?? []))
  const readable = [...new Set(names)].filter(name => /^[A-Za-z_]\w*$/.test(name))
  return readable.length === 0 ? new Map() : program.readVariables(directory, readable)
}

interface Reusable {
  /** Everything that the base holds. */
  readonly paths: readonly string[]
  readonly has: (entry: ManifestEntry) => boolean
}

/** Unchanged files of the held release, content and mode. Links are always sent: they are nothing but a name. */
function reusableFrom(store: StoreSurvey): Reusable {
  if (store.held === undefined) return { paths: [], has: () => false }
  const checksums = parseChecksums(store.manifest)
  const modes = new Set(store.modes.split('\n'))
  return {
    paths: [...checksums.keys(), ...planValues(store.plan, 'link')],
    has: entry =>
      isFile(entry) &&
      checksums.get(entry.path) === entry.sha256 &&
      modes.has(`${entry.mode.toString(8)} ${entry.path}`),
  }
}

function documentsOf(payload: Payload): { readonly path: string; readonly text: string }[] {
  const { manifest, modes, links, composeFiles, env } = payload
  const lines = (list: readonly string[]) => list.map(line => `${line}\n`).join('')
  return [
    { path: releaseFiles.manifest, text: manifest },
    { path: releaseFiles.modes, text: modes },
    { path: releaseFiles.links, text: lines(links) },
    { path: releaseFiles.compose, text: lines(composeFiles) },
    ...(env === undefined ? [] : [{ path: releaseFiles.env, text: env }]),
  ]
}

function damaged(hostName: string, files: readonly string[]): ActionError {
  return new ActionError({
    title: `Upload to ${hostName} damaged`,
    message: `On ${hostName} these files differ from the ones that were sent:\n${files.join('\n')}`,
    next: "Run the job again. If it happens again, check the server's disk and memory.",
  })
}

async function invalidConfig(
  error: string,
  directory: string,
  payload: Payload,
  workspace: Workspace,
): Promise<ActionError> {
  const cause = readFailure(error)?.message ?? error
  const path = missingPath(error, directory)
  return new ActionError({
    title: path === undefined ? 'Invalid compose file' : `${path} is missing`,
    message: `docker compose config reports: ${cause}`.replaceAll(`${directory}/`, ''),
    next:
      path === undefined
        ? 'Correct the compose file; `docker compose config` on your own machine checks it.'
        : await howToProvide(path, payload, workspace),
  })
}

async function howToProvide(path: string, payload: Payload, workspace: Workspace): Promise<string> {
  const place = await placeInWorkspace(path, payload, workspace)
  if (place !== undefined) return howToUpload(path, place)
  const nowhere = `Neither the workspace nor the server has ${path}.`
  if (path === '.env') return `${nowhere} Set \`env\`, \`env-names\` or \`env-file\`.`
  return `${nowhere} Correct the path in the compose file, or have an earlier step write the file and name it in \`files\`.`
}

/** The file of the project directory that Compose could not find: one that is included, extended or read for variables. */
function missingPath(error: string, directory: string): string | undefined {
  const [, path] =
    error
      .split(`${directory}/`)
      .slice(1)
      .map(rest => /^(.+?)(?:: no such file or directory| not found)/.exec(rest))
      .find(match => match !== null) ?? []
  return path
}
