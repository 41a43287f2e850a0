import type { ComposeConfig } from '../compose/config.ts'
import { readFailure } from '../compose/failure.ts'
import { isFile, type ManifestEntry, parseChecksums, totalSize } from '../host/manifest.ts'
import type { StageAnswer } from '../release/answers.ts'
import { releaseFiles } from '../release/layout.ts'
import { planValues } from '../release/plan-file.ts'
import type { ProjectProgram } from '../release/project-program.ts'
import type { StoreSurvey } from '../release/survey.ts'
import { ActionError } from '../values/action-error.ts'
import { formatBytes } from '../values/bytes.ts'
import { count } from '../values/count.ts'
import type { Context } from './context.ts'
import type { Payload } from './payload.ts'

/** The release to come, staged beside what runs: its files, and what Compose and the server make of them. */
export interface Candidate extends Omit<StageAnswer, 'config' | 'configError' | 'damaged' | 'directory'> {
  readonly payload: Payload
  readonly config: ComposeConfig
  /** The directory that paths in the configuration lie in. */
  readonly directory: string
}

export interface StageOptions {
  readonly program: ProjectProgram
  /** The private folder of this run on the server. */
  readonly folder: string
  readonly store: StoreSurvey
  readonly projectName: string | undefined
}

/** Uploads what the server does not have yet, verifies it there, and has Compose read it. Nothing that runs is touched. */
export async function stageCandidate(payload: Payload, options: StageOptions, context: Context): Promise<Candidate> {
  const { program, store, projectName } = options
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
  context.log.info(`  ${count(sent.length, 'file')} sent (${formatBytes(totalSize(sent))})${unsent}`)
  const { config, configError, damaged: _none, directory = program.path, ...rest } = answer
  if (config === undefined) throw invalidConfig(configError, directory)
  return { ...rest, payload, config, directory }
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

function invalidConfig(error: string, directory: string): ActionError {
  const cause = readFailure(error)?.message ?? error
  return new ActionError({
    title: 'Invalid compose file',
    message: `docker compose config reports: ${cause}`.replaceAll(`${directory}/`, ''),
    next: 'Correct the compose file; `docker compose config` on your own machine checks it. A file that it refers to must be in `files`.',
  })
}
