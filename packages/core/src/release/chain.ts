import { ActionError } from '../values/action-error.ts'
import { isCommitSha, shortSha } from '../values/commit-sha.ts'
import { isEmpty, nameOf, type Release } from './record.ts'

/** The order of deploys on this server. Never an id or a time: those come from the clocks of many runners. */
export function newestFirst<T extends { readonly sequence: number }>(releases: readonly T[]): T[] {
  return releases.toSorted((a, b) => b.sequence - a.sequence)
}

export function nextSequence(releases: readonly Pick<Release, 'sequence'>[]): number {
  return Math.max(0, ...releases.map(release => release.sequence)) + 1
}

/**
 * Names a release: `20261121T093600Z-1a2b3c4`. The time is the server's, in milliseconds; nothing is ordered by it. `taken` are all
 * ids that exist, those of damaged releases too.
 */
export function newReleaseId(serverTime: number, name: string | undefined, taken: readonly string[]): string {
  const time = new Date(serverTime).toISOString().replace(/[-:]|\.\d+/g, '')
  const label = (name ?? '').replace(/[^A-Za-z0-9_.]+/g, '-').slice(0, 40) || 'manual'
  const id = `${time}-${label}`
  let candidate = id
  for (let number = 2; taken.includes(candidate); number++) candidate = `${id}.${number}`
  return candidate
}

/** Whether a rollback without a name may lead to it: verified once, not rolled back from, and not empty. */
function isRollbackTarget(release: Release): boolean {
  return release.state === 'confirmed' && !isEmpty(release)
}

/** What `to` may name: also a release that people had rolled back from. */
function canBeNamed(release: Release): boolean {
  return (release.state === 'confirmed' || release.state === 'rolled-back') && !isEmpty(release)
}

/**
 * Follows the chain from a release back to the first one for which `isWanted`. Where a link is missing, since a release was
 * pruned or its record is damaged, the next lower sequence number goes on.
 */
export function previousIn(
  releases: readonly Release[],
  from: Pick<Release, 'sequence' | 'previous'>,
  isWanted: (release: Release) => boolean,
): Release | undefined {
  const ordered = newestFirst(releases)
  let at = from
  for (;;) {
    const { previous, sequence } = at
    // A chain leads only downwards, so that no damaged record makes this run in circles.
    const next =
      ordered.find(release => release.id === previous && release.sequence < sequence) ??
      ordered.find(release => release.sequence < sequence)
    if (next === undefined) return undefined
    if (isWanted(next)) return next
    at = next
  }
}

/** The confirmed release before another, with or without services. */
export function previousConfirmed(
  releases: readonly Release[],
  from: Pick<Release, 'sequence' | 'previous'>,
): Release | undefined {
  return previousIn(releases, from, release => release.state === 'confirmed')
}

/**
 * The release that `to` means: an id, a version, a commit (7 characters at least) or an image tag, the newest of several
 * that is not held; '' and `previous` are the confirmed one before the release that the project directory holds.
 */
export function findTarget(releases: readonly Release[], held: Release | undefined, to: string): Release {
  const found = to === '' || to === 'previous' ? previousTarget(releases, held) : namedTarget(releases, held, to)
  if (found === undefined) throw noTarget(releases, held, to)
  if (found.id === held?.id) {
    throw new ActionError({
      title: 'Nothing to roll back',
      message: `"${to}" is release ${nameOf(found)}, which is the current one.`,
      next: 'Name another release in `to`, or leave it empty for the previous one.',
    })
  }
  return found
}

function previousTarget(releases: readonly Release[], held: Release | undefined): Release | undefined {
  if (held === undefined) return newestFirst(releases).find(isRollbackTarget)
  return previousIn(releases, held, isRollbackTarget)
}

/** By the first kind of name that any release has. Of several, one that is not held: the others are there already. */
function namedTarget(releases: readonly Release[], held: Release | undefined, to: string): Release | undefined {
  const named = newestFirst(releases).filter(canBeNamed)
  for (const isNamed of NAMES) {
    const found = named.filter(release => isNamed(release, to))
    if (found.length > 0) return found.find(release => release.id !== held?.id) ?? found[0]
  }
  return undefined
}

/** The kinds of names, the most certain one first. */
const NAMES: readonly ((release: Release, to: string) => boolean)[] = [
  (release, to) => release.id === to,
  (release, to) => release.version === to,
  (release, to) => isSha(to) && release.sha?.startsWith(to.toLowerCase()) === true,
  hasImageTag,
  // A Git tag v1.2.3 mostly has images that are tagged 1.2.3: people type either.
  (release, to) => {
    const other = otherForm(to)
    return other !== undefined && (release.version === other || hasImageTag(release, other))
  },
]

function hasImageTag(release: Release, tag: string): boolean {
  return release.services.some(service => service.image.endsWith(`:${tag}`))
}

/** A version without its `v`, or with one. */
function otherForm(to: string): string | undefined {
  if (!/^v?\d+\.\d+\.\d+/.test(to)) return undefined
  return to.startsWith('v') ? to.slice(1) : `v${to}`
}

function isSha(to: string): boolean {
  return /^[0-9a-f]{7,}$/i.test(to) && (to.length <= 40 || isCommitSha(to.toLowerCase()))
}

function noTarget(releases: readonly Release[], held: Release | undefined, to: string): ActionError {
  const targets = newestFirst(releases).filter(release => canBeNamed(release) && release.id !== held?.id)
  const list = targets.map(release => `  ${lineOf(release)}`).join('\n')
  return new ActionError({
    title: 'Release not found',
    message:
      to === '' || to === 'previous'
        ? 'There is no previous release to roll back to.'
        : `No release on the server is "${to}", neither by id, version, commit nor image tag.`,
    next:
      list === '' ? 'Deploy an earlier commit instead.' : `Set \`to\` to one of these releases, newest first:\n${list}`,
  })
}

function lineOf(release: Release): string {
  const commit = release.sha === undefined ? '' : `, commit ${shortSha(release.sha)}`
  return `${nameOf(release)}: ${release.state}${commit}, of ${release.createdAt.slice(0, 10)}`
}
