import type { Service } from '../compose/config.ts'
import type { ResourceDifference } from '../compose/resources.ts'
import type { UnsetVariables } from '../compose/unset-variables.ts'
import { parseChecksums } from '../host/manifest.ts'
import type { LocalImages, VerifyAnswer } from '../release/answers.ts'
import { isEmpty, nameOf, type Release, type ServiceRecord } from '../release/record.ts'
import { runningDifferences, serviceContainers } from '../release/running.ts'
import { certainDifferences, type FileDifference, type ServerSurvey, type StoreSurvey } from '../release/survey.ts'
import type { ActionErrorParts } from '../values/action-error.ts'
import type { Candidate } from './candidate.ts'
import { fingerprintOf } from './documents.ts'
import { identityProblems, startFiles, unusedStartFiles } from './identity.ts'
import { chooseImages, imageProblems, resolveServices, runningServices } from './images.ts'
import { hashOfMounts } from './mounts.ts'
import type { Operation } from './operation.ts'
import type { DeployOptions } from './options.ts'
import { profileProblems } from './profiles.ts'
import { emptyMounts, missingProblems } from './references.ts'
import { listed, overwrittenDrift, type RollbackPoint, rollbackPoint } from './rollback-point.ts'

/** What is known of the server when a plan is made. */
export interface PlanFacts {
  /** The project directory, as given. */
  readonly path: string
  readonly server: ServerSurvey
  readonly store: StoreSurvey
}

export interface Warning {
  readonly title: string
  readonly text: string
}

/** Everything that a deploy decides, before it touches anything. */
export interface Plan {
  /** Reasons to refuse it. */
  readonly problems: readonly ActionErrorParts[]
  readonly warnings: readonly Warning[]
  readonly rollbackPoint: RollbackPoint
  /** References to pull. */
  readonly pull: readonly string[]
  /** The services as they will be recorded; one whose image is not on the server yet is missing. */
  readonly services: readonly ServiceRecord[]
  /** What runs now, as a release would record it. */
  readonly running: readonly ServiceRecord[]
  readonly fingerprint: string
  /** The confirmed release that is the same in everything, and that these containers run; its health is another question. */
  readonly same: Release | undefined
  readonly operations: readonly Operation[]
}

export type PlanOptions = Pick<DeployOptions, 'images' | 'pull' | 'keepReleases'>

/**
 * PURE: what a deploy would do. It is made before the pull, for a dry run and for refusals, and once more with the images that were
 * pulled, for the run: one decision for both.
 */
export function plan(facts: PlanFacts, candidate: Candidate, options: PlanOptions, images: LocalImages): Plan {
  const { store } = facts
  const { payload, config, containers } = candidate
  const running = runningServices(containers, store.held?.services ?? [], images, config.name)
  const choice = chooseImages(config.services, options, running, images)
  const checksums = parseChecksums(payload.manifest)
  const mountsOf = (service: Service) => hashOfMounts(service, candidate.directory, checksums, candidate.variables)
  const services = resolveServices(config, choice, images, mountsOf)
  const env = payload.env === undefined ? 'kept' : 'written'
  const { changes, leaving } = candidate
  const incoming = { changes, leaving, env, hasEnv: candidate.existing.has('.env') } as const
  const point = rollbackPoint(store, containers, incoming)
  const fingerprint = fingerprintOf(payload, config.name, services)
  return {
    problems: [
      ...missingProblems(candidate.missing),
      ...profileProblems(candidate.unknownProfiles),
      ...unsetDirectory(candidate.unset, facts.path),
      ...obstacles(candidate),
      ...identityProblems(config.name, facts.path, facts.server),
      ...imageProblems(config, choice, images),
    ],
    warnings: warningsOf(facts, candidate, env),
    rollbackPoint: point,
    pull: choice.pull,
    services,
    running,
    fingerprint,
    same: sameRelease(facts.store, candidate, fingerprint),
    operations: [
      ...recordingOperations(point),
      ...choice.pull.map(image => ({ kind: 'pull', image }) as const),
      ...fileOperations(candidate),
      { kind: 'env', change: env === 'written' ? 'write' : 'keep' },
      ...serviceOperations(candidate, running, services, choice.pull),
      { kind: 'switch', release: undefined },
      { kind: 'verify' },
      { kind: 'confirm' },
      { kind: 'prune', keep: options.keepReleases },
    ],
  }
}

/** What stands in the way of the files. It is found before the first one is moved. */
function obstacles({ blocked, unwritable }: Candidate): ActionErrorParts[] {
  const problems: ActionErrorParts[] = []
  if (blocked.length > 0) {
    problems.push({
      title: 'Files cannot be replaced on the server',
      message: `In the project directory:\n${blocked.map(line => `- ${line}`).join('\n')}`,
      next: 'Move these paths away on the server, or leave them out of `files`. Docker makes a directory where a mounted file was missing.',
    })
  }
  if (unwritable.length > 0) {
    problems.push({
      title: 'No permission to write files on the server',
      message: `The login user has no permission to write in these directories of the project:\n${unwritable.map(line => `- ${line}`).join('\n')}`,
      next: 'Give them to the login user on the server (sudo chown -R USER DIRECTORY), or leave their files out of `files`.',
    })
  }
  return problems
}

/** Compose sets PWD itself since version 5. Before that, a path that begins with it would be one of the whole server. */
function unsetDirectory({ variables }: UnsetVariables, path: string): ActionErrorParts[] {
  const found = variables.find(({ name }) => name === 'PWD')
  if (found === undefined) return []
  return [
    {
      title: 'PWD is not set in the compose file',
      message: `\${PWD} in the compose file (${found.services.join(', ')}) would be empty on this server, and a path such as \${PWD}/data would be /data.`,
      next: `Write a relative path in its place: ./data is ${path}/data.`,
    },
  ]
}

function recordingOperations(point: RollbackPoint): Operation[] {
  if (point.kind === 'adopt') return [{ kind: 'adopt', reason: point.reason }]
  return point.save === undefined ? [] : [{ kind: 'save', reason: point.save, rollbackPoint: nameOf(point.release) }]
}

function warningsOf(facts: PlanFacts, candidate: Candidate, env: 'kept' | 'written'): Warning[] {
  const { path, server, store } = facts
  const { payload, changes, containers } = candidate
  const paths = new Set(payload.entries.map(entry => entry.path))
  const overwritten = overwrittenDrift(store, { changes, paths, env })
  const unused = unusedStartFiles(startFiles(containers, path, server.realPath), payload.composeFiles)
  const mounting = servicesWithStore(facts, candidate)
  const empty = emptyMounts(candidate.missing)
  const warnings: Warning[] = [
    ...unsetWarnings(candidate.unset),
    ...resourceWarnings(candidate.changedResources, candidate.config.name),
  ]
  if (empty.length > 0) {
    warnings.push({
      title: 'Mounted paths do not exist yet',
      text: `Neither the workspace nor the server has ${listed(empty)}. In the place of each, Docker makes an empty directory that belongs to root. If a file belongs there, name it in \`files\`.`,
    })
  }
  if (overwritten.length > 0) {
    warnings.push({
      title: 'Files changed on the server are overwritten',
      text: `Changed on the server since the last deploy: ${listed(overwritten)}. This deploy replaces them; their current content is kept in the release that is recorded before the switch (.deploy/releases).`,
    })
  }
  if (unused.length > 0) {
    warnings.push({
      title: 'Compose files of the running project are not used',
      text: `The running containers were started with ${listed(unused)} too. This deploy does not use these files: add them to \`compose-files\` if their settings are still needed. They stay on the server, where a manual \`docker compose\` may still read them.`,
    })
  }
  if (mounting.length > 0) {
    warnings.push({
      title: 'Containers can read the secrets of all kept releases',
      text: `${listed(mounting)}: a volume of the service contains ${path}/.deploy, with the environment of every kept release; a container that runs as root can also change what a rollback starts. Mount the directories that the service needs instead of the whole project directory.`,
    })
  }
  return warnings
}

function unsetWarnings({ variables, isInEnv }: UnsetVariables): Warning[] {
  // Without PWD the deploy is refused.
  const names = variables
    .filter(({ name }) => name !== 'PWD')
    .map(({ name, services }) => (services.length === 0 ? name : `${name} (${services.join(', ')})`))
  const warnings: Warning[] = []
  if (names.length > 0) {
    warnings.push({
      title: 'Variables of the compose file are not set',
      text: `Nobody sets ${names.join(', ')}: Compose takes an empty text. Set it in \`env\`, \`env-names\` or \`env-file\`, write a default (\${NAME:-default}), or \${NAME:?} to have the deploy refused without it.`,
    })
  }
  if (isInEnv) {
    warnings.push({
      title: 'Values in .env are cut at a dollar sign',
      text: 'A value in .env (or a compose file that only the server has) contains `$` and a name that nobody sets, which Compose replaces by an empty text. Put the value into single quotes in the file, or set it with `env` or `env-names`, where it arrives as it is.',
    })
  }
  return warnings
}

/** Compose leaves networks and volumes that are there as they are, with no more than a line in its log. */
function resourceWarnings(changed: readonly ResourceDifference[], project: string): Warning[] {
  const named = (resources: readonly ResourceDifference[]) =>
    resources.map(({ name, settings }) => `${name} (${settings.join(', ')})`).join(', ')
  const volumes = changed.filter(({ kind }) => kind === 'volume')
  const networks = changed.filter(({ kind, isRecreated }) => kind === 'network' && !isRecreated)
  const recreated = changed.filter(({ isRecreated }) => isRecreated)
  const warnings: Warning[] = []
  if (volumes.length > 0) {
    warnings.push({
      title: 'Changed volumes are not applied',
      text: `On the server, these volumes have other settings than the compose file: ${named(volumes)}. Compose does not change a volume that exists, because that would delete its data. To apply the settings, give the volume a new name in the compose file and copy the data; or back the data up, stop the project, and remove the volume on the server (docker volume rm).`,
    })
  }
  if (networks.length > 0) {
    warnings.push({
      title: 'Changed networks are not applied',
      text: `On the server, these networks have other settings than the compose file: ${named(networks)}. They were created by a version of Compose that does not change a network that exists. To apply the settings, stop the project on the server (docker compose -p ${project} down, which keeps volumes), then deploy again.`,
    })
  }
  if (recreated.length > 0) {
    warnings.push({
      title: 'Networks are recreated',
      text: `On the server, these networks have other settings than the compose file: ${named(recreated)}. Compose removes and recreates them during the switch, and stops all their containers for that.`,
    })
  }
  return warnings
}

/** The services with a bind mount through which a container sees the store of the releases. */
function servicesWithStore({ path, server }: PlanFacts, { config, directory }: Candidate): string[] {
  const stores = [directory, path, server.realPath].flatMap(each => (each === undefined ? [] : [`${each}/.deploy`]))
  const isInside = (inner: string, outer: string): boolean => `${inner}/`.startsWith(outer === '/' ? '/' : `${outer}/`)
  const sees = (source: string): boolean => stores.some(store => isInside(store, source) || isInside(source, store))
  return config.services.filter(({ bindMounts }) => bindMounts.some(sees)).map(({ name }) => name)
}

/** A release that never was good is not one to stay with, nor is one that was changed on the server. */
function sameRelease(store: StoreSurvey, { containers, payload }: Candidate, fingerprint: string): Release | undefined {
  const { held } = store
  if (held === undefined || held.state !== 'confirmed' || held.fingerprint !== fingerprint) return undefined
  if (held.adopted || isEmpty(held) || payload.entries.length === 0) return undefined
  if (certainDifferences(store.differences).length > 0) return undefined
  return runningDifferences(held.services, containers).length === 0 ? held : undefined
}

function fileOperations({ payload, existing, changes, leaving }: Candidate): Operation[] {
  const changed = new Set(changes.map(({ path }) => path))
  const paths = payload.entries.map(entry => entry.path)
  const added = paths.filter(path => !existing.has(path))
  const replaced = paths.filter(path => existing.has(path) && changed.has(path))
  const kept = paths.length - added.length - replaced.length
  return [
    ...added.map(path => ({ kind: 'file', change: 'add', path }) as const),
    ...replaced.map(path => ({ kind: 'file', change: 'replace', path }) as const),
    ...leaving.map(path => ({ kind: 'file', change: 'remove', path }) as const),
    ...(kept > 0 ? [{ kind: 'files-kept', number: kept } as const] : []),
  ]
}

function serviceOperations(
  { config, containers }: Candidate,
  running: readonly ServiceRecord[],
  services: readonly ServiceRecord[],
  pull: readonly string[],
): Operation[] {
  const names = new Set(config.services.map(service => service.name))
  const gone = new Set(
    serviceContainers(containers)
      .map(container => container.service)
      .filter(name => !names.has(name)),
  )
  return [
    ...config.services.map(({ name, image = '' }): Operation => {
      const now = running.find(service => service.name === name)
      const resolved = services.find(service => service.name === name)
      const stays = now?.image === image && (resolved === undefined || resolved.imageId === now.imageId)
      const change = now === undefined ? 'create' : stays ? 'keep' : 'recreate'
      return { kind: 'service', change, service: name, image, before: now?.image, isPulled: pull.includes(image) }
    }),
    ...[...gone].map((service): Operation => ({ kind: 'service', change: 'remove', service, image: '' })),
  ]
}

/**
 * PURE: what a manual rollback would do. `present` is how the server compares with the target now: the runner does not have the
 * files of an earlier release. `envNames` are the names whose values the `.env` of the target changes.
 */
export function planRollback(
  { store, server, path }: PlanFacts,
  target: Release,
  { containers, differences }: Pick<VerifyAnswer, 'containers' | 'differences'>,
  envNames?: readonly string[],
): Pick<Plan, 'problems' | 'rollbackPoint' | 'running' | 'operations'> {
  const leaving = differences
    .filter(({ kind, path: file }) => kind === 'extra' && file !== '.env')
    .map(each => each.path)
  // A link of that name is compared as any other.
  const isEnvLink = target.env === 'kept' && differences.some(difference => difference.path === '.env')
  const env = isEnvLink ? 'written' : target.env
  const point = rollbackPoint(store, containers, { changes: differences, leaving, env, hasEnv: true })
  const running = runningServices(containers, store.held?.services ?? [], new Map(), target.project)
  const names = new Set(target.services.map(service => service.name))
  return {
    problems: identityProblems(target.project, path, server),
    rollbackPoint: point,
    running,
    operations: [
      ...recordingOperations(point),
      ...differences.filter(({ path: file }) => file !== '.env').flatMap(restoringOperation),
      { kind: 'env', change: env === 'written' ? 'restore' : env === 'none' ? 'remove' : 'keep', names: envNames },
      ...target.services.map(({ name, image, imageId }): Operation => {
        const now = running.find(service => service.name === name)
        const change = now === undefined ? 'create' : now.imageId === imageId ? 'keep' : 'recreate'
        return { kind: 'service', change, service: name, image, before: now?.image }
      }),
      ...running
        .filter(service => !names.has(service.name))
        .map((service): Operation => ({ kind: 'service', change: 'remove', service: service.name, image: '' })),
      { kind: 'switch', release: nameOf(target) },
      { kind: 'verify' },
      { kind: 'confirm' },
    ],
  }
}

function restoringOperation({ kind, path }: FileDifference): Operation[] {
  if (kind === 'unreadable') return []
  const change = kind === 'missing' ? 'add' : kind === 'extra' ? 'remove' : 'replace'
  return [{ kind: 'file', change, path }]
}
