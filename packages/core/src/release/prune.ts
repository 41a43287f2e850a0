import { newestFirst } from './chain.ts'
import { isEmpty, type Release } from './record.ts'

export interface PrunePlan {
  /** Releases to remove. */
  readonly releases: readonly string[]
  /** Our own tags to remove, where no kept release needs them. */
  readonly tags: readonly string[]
}

/** States of the server that were recorded on the way have a budget of their own, so that they never replace a deployed release. */
const KEPT_ADOPTED = 2

/**
 * Keeps the newest `keep` releases that were confirmed once, some adopted ones, always the `needed` ones, and the newest failure as
 * evidence. Only our own tags are ever named: the tag that a compose file names may be somebody else's, and the only name of an image.
 */
export function planPrune(
  releases: readonly Release[],
  needed: readonly (string | undefined)[],
  keep: number,
): PrunePlan {
  const ordered = newestFirst(releases)
  const served = ordered.filter(({ state }) => state === 'confirmed' || state === 'rolled-back')
  const kept = new Set([
    ...needed,
    ...served
      .filter(release => !release.adopted)
      .slice(0, keep)
      .map(release => release.id),
    // Files that were saved before they were overwritten, and that no rollback leads to.
    ...ordered
      .filter(release => release.adopted && release.state === 'staged')
      .slice(0, KEPT_ADOPTED)
      .map(release => release.id),
    // An empty one is a rollback target for its first deploy only: then it is needed.
    ...served
      .filter(release => release.adopted && !isEmpty(release))
      .slice(0, KEPT_ADOPTED)
      .map(release => release.id),
    ordered.find(release => release.state === 'failed')?.id,
  ])
  const removed = ordered.filter(release => !kept.has(release.id))
  const keptTags = new Set(pinsIn(ordered.filter(release => kept.has(release.id))))
  return {
    releases: removed.map(release => release.id),
    tags: [...new Set(pinsIn(removed))].filter(tag => !keptTags.has(tag)),
  }
}

function pinsIn(releases: readonly Release[]): string[] {
  return releases.flatMap(release => release.services.map(service => service.pin))
}
