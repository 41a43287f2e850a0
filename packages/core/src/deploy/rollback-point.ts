import type { ContainerState } from '../compose/containers.ts'
import { parseChecksums } from '../host/manifest.ts'
import { previousConfirmed } from '../release/chain.ts'
import { planValues } from '../release/plan-file.ts'
import type { EnvPolicy, Release } from '../release/record.ts'
import { runningDifferences, serviceContainers } from '../release/running.ts'
import { certainDifferences, type FileDifference, type StoreSurvey } from '../release/survey.ts'

/** What a switch is about to do to the project directory. */
export interface Incoming {
  /** How the project directory differs from the files to come. */
  readonly changes: readonly FileDifference[]
  /** Paths that the switch removes. */
  readonly leaving: readonly string[]
  readonly env: EnvPolicy
  /** Whether the server has a `.env`. */
  readonly hasEnv: boolean
}

/**
 * Where a rollback leads: to a release that is on record, or to the present state, which has to be recorded first. With `save` the
 * present state has to be recorded too, for its files: it was never verified and is not the rollback target.
 */
export type RollbackPoint =
  | { readonly kind: 'release'; readonly release: Release; readonly save?: string }
  | { readonly kind: 'adopt'; readonly reason: string }

/** PURE. Whatever the switch replaces or removes must be in a release before, or a rollback could not restore it. */
export function rollbackPoint(
  store: StoreSurvey,
  containers: readonly ContainerState[],
  incoming: Incoming,
): RollbackPoint {
  const { held, heldId, pending } = store
  if (pending?.phase === 'disarmed' || pending?.phase === 'rollback-failed') return confirmedPoint(store, incoming)
  if (held === undefined) return adopt(reasonWithoutRelease(heldId, containers))
  if (held.state !== 'confirmed') return confirmedPoint(store, incoming)
  const reason = driftReason(store, held, containers) ?? overwriteReason(store, held, incoming)
  return reason === undefined ? { kind: 'release', release: held } : adopt(reason)
}

function adopt(reason: string): RollbackPoint {
  return { kind: 'adopt', reason }
}

/** What the directory holds was never good: the rollback target stays the confirmed release. */
function confirmedPoint(store: StoreSurvey, incoming: Incoming): RollbackPoint {
  const release = confirmedRelease(store)
  if (release === undefined) return adopt('no confirmed release is on record')
  const save = saveReason(store, incoming)
  return { kind: 'release', release, ...(save === undefined ? {} : { save }) }
}

/** The release that the last switch was armed with: it can be one that was adopted for it, after the confirmed one. */
function confirmedRelease({ confirmed, pending, releases, held }: StoreSurvey): Release | undefined {
  const armed = releases.find(({ id, state }) => id === pending?.rollbackTarget && state === 'confirmed')
  // A manual rollback has its target on both sides.
  if (armed !== undefined && pending?.rollbackTarget !== pending?.target) return armed
  return confirmed ?? armed ?? previousConfirmed(releases, held ?? { sequence: Number.POSITIVE_INFINITY })
}

/** Why the present files have to be saved although no rollback leads to them. */
function saveReason(store: StoreSurvey, incoming: Incoming): string | undefined {
  const { held } = store
  const { changes, leaving, env, hasEnv } = incoming
  if (held === undefined) {
    const present = env !== 'kept' && hasEnv ? ['.env'] : []
    const lost = [...new Set([...overwrittenIn(changes), ...leaving, ...present])]
    if (lost.length === 0) return undefined
    return `the last switch was not completed; these files are replaced or removed: ${listed(lost)}`
  }
  const drift = certainDifferences(store.differences).filter(({ kind }) => kind !== 'missing')
  if (drift.length > 0) return `changed on the server: ${listed(drift.map(({ path }) => path))}`
  // Without a .env there is none to save.
  return overwriteReason(store, held, hasEnv ? incoming : { ...incoming, env: 'kept' })
}

function reasonWithoutRelease(heldId: string | undefined, containers: readonly ContainerState[]): string {
  if (heldId !== undefined) return `the record of release ${heldId} is damaged`
  return serviceContainers(containers).length === 0 ? 'nothing runs here yet' : 'it was started manually'
}

function driftReason(store: StoreSurvey, held: Release, containers: readonly ContainerState[]): string | undefined {
  const drift = certainDifferences(store.differences).map(({ path }) => path)
  if (drift.length > 0) return `changed on the server: ${listed(drift)}`
  const [other] = runningDifferences(held.services, containers)
  return other && `${other.container} ${other.text}`
}

function overwriteReason(store: StoreSurvey, held: Release, incoming: Incoming): string | undefined {
  const links = planValues(store.plan, 'link')
  // Where .env is a link, the release has the link.
  if (held.env === 'kept' && incoming.env !== 'kept' && !links.includes('.env')) {
    return incoming.hasEnv
      ? `the .env of the server is not part of release ${held.id}`
      : `release ${held.id} does not record that there is no .env`
  }
  const isKnown = knownPaths(['.env', ...parseChecksums(store.manifest).keys(), ...links])
  const lost = [...overwrittenIn(incoming.changes), ...incoming.leaving].filter(path => !isKnown(path))
  return lost.length === 0 ? undefined : `these files are not part of release ${held.id}: ${listed([...new Set(lost)])}`
}

function overwrittenIn(changes: readonly FileDifference[]): string[] {
  return changes.filter(({ kind }) => isOverwrite(kind)).map(({ path }) => path)
}

/**
 * Whether the held release has what a path replaces: the path itself, or, where the kind changes, a file or link above it or files
 * below it. A directory with anything else in it is refused before.
 */
function knownPaths(known: readonly string[]): (path: string) => boolean {
  const paths = new Set(known)
  const directories = new Set(known.flatMap(ancestorsOf))
  return path => paths.has(path) || directories.has(path) || ancestorsOf(path).some(above => paths.has(above))
}

function ancestorsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** A path that is there and gets other content. */
function isOverwrite(kind: FileDifference['kind']): boolean {
  return kind === 'changed' || kind === 'link' || kind === 'mode'
}

/**
 * Files that were changed on the server since the last deploy, mostly by a container, and that the coming release overwrites or
 * removes: people are warned, as the present content stays only in the release that is recorded before.
 */
export function overwrittenDrift(
  store: StoreSurvey,
  incoming: {
    readonly changes: readonly FileDifference[]
    readonly paths: ReadonlySet<string>
    readonly env: EnvPolicy
  },
): string[] {
  const different = new Set(overwrittenIn(incoming.changes))
  return certainDifferences(store.differences)
    .filter(({ kind }) => kind === 'changed' || kind === 'link')
    .map(({ path }) => path)
    .filter(path => (path === '.env' ? incoming.env === 'written' : different.has(path) || !incoming.paths.has(path)))
}

/**
 * A rollback target that left .env to the server cannot restore the one that a later release replaces. An adopted one with that
 * policy has a symbolic link of that name.
 */
export function missingEnv(
  point: RollbackPoint,
  { held }: Pick<StoreSurvey, 'held'>,
  env: EnvPolicy,
  saved: string | undefined,
): { readonly title: string; readonly text: string } | undefined {
  if (point.kind === 'adopt' || point.release.env !== 'kept' || point.release.adopted) return undefined
  if (env === 'kept' && held?.env !== 'written') return undefined
  const where = saved === undefined ? '' : ` The state before this run is saved in .deploy/releases/${saved}.`
  return {
    title: 'Rollback point without .env',
    text: `Release ${point.release.id} does not contain the .env of the server: a rollback to it keeps the .env that the server has at that time.${where}`,
  }
}

const LISTED = 5

export function listed(paths: readonly string[]): string {
  return `${paths.slice(0, LISTED).join(', ')}${paths.length > LISTED ? `, and ${paths.length - LISTED} more` : ''}`
}
