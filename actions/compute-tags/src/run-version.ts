import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { gitTagKind, NO_VERSION, type VersionKind, versionKind } from './channel.ts'
import { matchedText } from './resolve.ts'
import type { TagEntry } from './tag-entry.ts'
import { isEnabled } from './tag-set.ts'
import type { TagWorld } from './tag-world.ts'
import { entryVersionKind } from './version-tag.ts'

/**
 * What the version of this run is: the one that the first rule reads, since only the rule knows which part of a Git tag is the version.
 * Without such a rule it is read from the Git tag.
 */
export function runVersion(entries: readonly TagEntry[], world: TagWorld): VersionKind {
  for (const entry of entries) {
    const kind = ruleVersion(entry, world)
    if (kind?.isVersion) return kind
  }
  const { ref } = world.facts
  return ref.kind === 'tag' ? gitTagKind(ref.name) : NO_VERSION
}

function ruleVersion(entry: TagEntry, world: TagWorld): VersionKind | undefined {
  try {
    if (!isEnabled(entry, world)) return undefined
    if (entry.type === 'semver' || entry.type === 'pep440') return entryVersionKind(entry, world)
    return entry.type === 'match' ? versionKind(matchedText(entry, world) ?? '') : undefined
  } catch (thrown) {
    // It is reported, with its line, where the tags are made.
    if (thrown instanceof InvalidValue) return undefined
    throw thrown
  }
}
