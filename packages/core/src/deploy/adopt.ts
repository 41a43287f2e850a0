import type { ContainerState } from '../compose/containers.ts'
import { parseChecksums } from '../host/manifest.ts'
import { type AdoptAnswer, adoptedEnv } from '../release/answers.ts'
import { newReleaseId, nextSequence } from '../release/chain.ts'
import { preparedFolders, releaseFiles } from '../release/layout.ts'
import { planValues } from '../release/plan-file.ts'
import type { Release, ServiceRecord } from '../release/record.ts'
import { isOurs, serviceContainers } from '../release/running.ts'
import type { StoreSurvey } from '../release/survey.ts'
import { ActionError } from '../values/action-error.ts'
import type { Context } from './context.ts'
import { documentsOf } from './documents.ts'
import { unrecordedFiles } from './identity.ts'
import type { FailurePolicy } from './options.ts'
import type { Project } from './project.ts'
import { listed } from './rollback-point.ts'

export interface AdoptRequest {
  /** `confirmed` for a rollback target; `staged` saves files that would be lost, and no rollback leads there. */
  readonly state: 'confirmed' | 'staged'
  /** The Compose project's name. */
  readonly project: string
  readonly reason: string
  readonly containers: readonly ContainerState[]
  readonly services: readonly ServiceRecord[]
  /** Paths that the coming release brings: what it replaces must be kept. */
  readonly paths: readonly string[]
  /** Seconds for `up` on a rollback. */
  readonly upTimeout: number
  readonly onFailure: FailurePolicy
}

/** What a copy of the present state needs to know, with a folder for it. */
export type Place = Pick<Project, 'program' | 'server' | 'store' | 'path' | 'folder'>

interface Copied {
  readonly answer: AdoptAnswer
  readonly composeFiles: readonly string[]
}

/**
 * Copies what the server has now into a folder, and throws where a rollback to it would not lead exactly there. Nothing is stored,
 * so that a dry run can do it too.
 */
export async function copyPresent(
  request: Omit<AdoptRequest, 'upTimeout' | 'reason'>,
  place: Place,
  context: Context,
): Promise<Copied> {
  const { store, program, folder } = place
  const isTarget = request.state === 'confirmed'
  const isRunning = serviceContainers(request.containers).length > 0
  const composeFiles = !isRunning ? [] : isTarget ? composeFilesOf(request, place) : (store.held?.composeFiles ?? [])
  const paths = [...new Set([...composeFiles, ...knownPaths(store), ...request.paths])]
  const answer = await program.adopt({ folder, projectName: isRunning ? request.project : '', paths, composeFiles })
  if (isTarget && answer.missing.length > 0) {
    throw noRollbackPoint(`its compose file (${answer.missing.join(', ')}) is not on the server any more`)
  }
  if (answer.unreadable.length > 0) {
    context.log.warning(
      `The login user has no permission to read ${listed(answer.unreadable)}: these files are not part of the rollback point.`,
      'Rollback point without some files',
    )
  }
  if (isTarget) checkHashes(request, answer, place, context)
  return { answer, composeFiles }
}

/** Makes a release of what the server has now, so that a rollback leads exactly there. */
export async function adopt(request: AdoptRequest, project: Project, context: Context): Promise<Release> {
  const { store, program, folder } = project
  const { answer, composeFiles } = await copyPresent(request, project, context)
  const release = recordOf(request, answer, composeFiles, project, context)
  const adopted = [...parseChecksums(answer.manifest).keys(), ...answer.links]
  const ours = shippedPaths(store)
  const plan = {
    optional: [],
    links: answer.links,
    // What cannot be read cannot be restored either: a rollback must not remove it.
    foreign: [...adopted.filter(path => !ours.has(path)), ...answer.unreadable],
    envMode: answer.envMode ?? '600',
    timeout: request.upTimeout,
  }
  const documents = documentsOf(release, plan, new Date(project.now()), [
    { path: releaseFiles.manifest, text: answer.manifest },
    { path: releaseFiles.modes, text: answer.modes },
    { path: releaseFiles.links, text: answer.links.map(link => `${link}\n`).join('') },
  ])
  await program.store(project.epoch, `${folder}/${preparedFolders.adopted}`, release.id, documents)
  if (request.state === 'staged' || request.services.length > 0)
    context.log.info(`  recorded as release ${release.id}: ${request.reason}`)
  return release
}

/** The paths of the held release. */
function knownPaths({ manifest, plan }: StoreSurvey): string[] {
  return [...parseChecksums(manifest).keys(), ...planValues(plan, 'link')]
}

/** Those that a deploy of ours brought. */
function shippedPaths(store: StoreSurvey): ReadonlySet<string> {
  const foreign = new Set(planValues(store.plan, 'foreign'))
  return new Set(knownPaths(store).filter(path => !foreign.has(path)))
}

function recordOf(
  request: AdoptRequest,
  answer: AdoptAnswer,
  composeFiles: readonly string[],
  { store, now }: Project,
  context: Context,
): Release {
  const id = newReleaseId(now(), request.state === 'staged' ? 'saved' : 'found', store.ids)
  return {
    format: 2,
    id,
    sequence: nextSequence(store.releases),
    ...(store.held === undefined ? {} : { previous: store.held.id }),
    adopted: true,
    createdAt: new Date(now()).toISOString(),
    by: context.by,
    project: request.project,
    composeFiles,
    env: adoptedEnv(answer),
    // Without compose files there is nothing that could be started.
    services: request.state === 'staged' && composeFiles.length === 0 ? [] : request.services,
    fingerprint: `adopted ${id}`,
    reason: request.reason,
    state: request.state,
  }
}

/** The files that the running containers were made of: as the record has them, or as Compose noted them. */
function composeFilesOf(
  { containers }: Pick<AdoptRequest, 'containers'>,
  { store, path, server }: Place,
): readonly string[] {
  const found = unrecordedFiles(store.held, containers, path, server.realPath)
  if (found === undefined) return store.held?.composeFiles ?? []
  if ('conflict' in found) {
    throw noRollbackPoint(`its containers were started from different compose files (${found.conflict.join('; ')})`)
  }
  const { files } = found
  const outside = files.filter(file => !file.isInside).map(file => file.path)
  if (outside.length > 0) {
    throw noRollbackPoint(`it was started with ${listed(outside)}, which lies outside of the project directory`)
  }
  if (files.length === 0)
    throw noRollbackPoint('its containers do not name the compose files that they were started from')
  return files.map(file => file.path)
}

/**
 * Manually started containers can be made of more than the files: variables of a shell, another env file. Compose's own hash of
 * each service shows it, when the same version computes it.
 */
function checkHashes(
  { containers, onFailure }: Pick<AdoptRequest, 'containers' | 'onFailure'>,
  { hashes, hashesError }: AdoptAnswer,
  { server }: Place,
  { log }: Context,
): void {
  const manual = serviceContainers(containers).filter(container => !isOurs(container))
  if (manual.length > 0 && hashesError !== '' && hashes.size === 0) {
    throw noRollbackPoint(`docker compose config reports: ${hashesError}`)
  }
  // A service that the files do not have at all is not restored by them either.
  const different = manual.filter(
    ({ service, configHash }) => hashes.size > 0 && !hashes.get(service)?.includes(configHash),
  )
  if (different.length === 0) return
  const names = listed([...new Set(different.map(container => container.service))])
  const why = `the files and the .env on the server do not give the configuration that ${names} runs with (a variable of a shell, another env file, or an edit since the start)`
  const installed = plainVersion(server.compose)
  const isComparable = different.some(
    ({ labels }) => plainVersion(labels['com.docker.compose.version'] ?? '') === installed,
  )
  if (isComparable && onFailure === 'rollback') throw noRollbackPoint(why)
  log.warning(`A rollback could be different from what runs now: ${why}.`, 'Inexact rollback point')
}

/** Distributions add words of their own, which the label on a container lacks: `2.26.1-4`. */
function plainVersion(version: string): string {
  return /\d+\.\d+\.\d+/.exec(version)?.[0] ?? version
}

function noRollbackPoint(why: string): ActionError {
  return new ActionError({
    title: 'There is no rollback point',
    message: `The project that runs now cannot be recorded, so a failed deploy could not be rolled back: ${why}.`,
    next: 'Make what runs match the files on the server: put all variables into .env and all compose files into the project directory, and run `docker compose up -d` there. Or stop the project (docker compose down), or set `on-failure: keep`.',
  })
}
