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
  readonly env: EnvPolicy
  /** Whether the server has a `.env`. */
  readonly hasEnv: boolean
}

/** Where a rollback leads: to a release that is on record, or to the present state, which has to be recorded first. */
export type RollbackPoint =
  | { readonly kind: 'release'; readonly release: Release }
  | { readonly kind: 'adopt'; readonly reason: string }

/** PURE. Whatever the switch replaces or removes must be in a release before, or a rollback could not restore it. */
export function rollbackPoint(
  store: StoreSurvey,
  containers: readonly ContainerState[],
  incoming: Incoming,
): RollbackPoint {
  const { held, heldId, pending } = store
  if (pending?.phase === 'disarmed' || pending?.phase === 'rollback-failed') return confirmedPoint(store)
  if (held === undefined) return adopt(reasonWithoutRelease(heldId, containers))
  if (held.state !== 'confirmed') return confirmedPoint(store)
  const reason = driftReason(store, held, containers) ?? overwriteReason(store, held, incoming)
  return reason === undefined ? { kind: 'release', release: held } : adopt(reason)
}

function adopt(reason: string): RollbackPoint {
  return { kind: 'adopt', reason }
}

/** What the directory holds was never good: the rollback target stays the confirmed release. */
function confirmedPoint({ confirmed, pending, releases, held }: StoreSurvey): RollbackPoint {
  const armed = releases.find(({ id, state }) => id === pending?.rollbackTarget && state === 'confirmed')
  const release = confirmed ?? armed ?? (held && previousConfirmed(releases, held))
  return release === undefined ? adopt('no confirmed release is on record') : { kind: 'release', release }
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

function overwriteReason(store: StoreSurvey, held: Release, { changes, env, hasEnv }: Incoming): string | undefined {
  if (held.env === 'kept' && env !== 'kept' && hasEnv) return `the .env of the server is not part of release ${held.id}`
  const known = ['.env', ...parseChecksums(store.manifest).keys(), ...planValues(store.plan, 'link')]
  const isKnown = knownPaths(known)
  const lost = changes.filter(({ kind, path }) => isOverwrite(kind) && !isKnown(path)).map(({ path }) => path)
  return lost.length === 0 ? undefined : `these files are not part of release ${held.id}: ${listed([...new Set(lost)])}`
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
  const different = new Set(incoming.changes.filter(({ kind }) => isOverwrite(kind)).map(({ path }) => path))
  return certainDifferences(store.differences)
    .filter(({ kind }) => kind === 'changed' || kind === 'link')
    .map(({ path }) => path)
    .filter(path => (path === '.env' ? incoming.env === 'written' : different.has(path) || !incoming.paths.has(path)))
}

const LISTED = 5

export function listed(paths: readonly string[]): string {
  return `${paths.slice(0, LISTED).join(', ')}${paths.length > LISTED ? `, and ${paths.length - LISTED} more` : ''}`
}
