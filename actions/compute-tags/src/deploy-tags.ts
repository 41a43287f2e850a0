import type { VersionKind } from './channel.ts'
import type { EntryResult, TagSet } from './tag-set.ts'

/** The tags that a deploy asks for by what they say; '' where there is none. */
export interface DeployTags {
  /** The one to deploy: what it points to does not change. */
  readonly tag: string
  readonly shaTag: string
  readonly versionTag: string
  readonly branchTag: string
  readonly isVersion: boolean
  readonly isPrerelease: boolean
  readonly channel: string
}

export function deployTags({ names, results }: TagSet, kind: VersionKind, wanted: 'sha' | 'version'): DeployTags {
  const first = (isWanted: (result: EntryResult) => boolean) =>
    results.find(each => each.tag !== '' && isWanted(each))?.tag ?? ''
  const shaTag = first(({ entry }) => entry.type === 'sha')
  const versionTag =
    first(({ entry }) => entry.type === 'semver' || entry.type === 'pep440') ||
    (kind.isVersion
      ? first(({ entry }) => entry.type === 'match' || (entry.type === 'ref' && entry.event === 'tag'))
      : '')
  const [preferred, other] = wanted === 'sha' ? [shaTag, versionTag] : [versionTag, shaTag]
  return {
    tag: preferred || other || (names[0] ?? ''),
    shaTag,
    versionTag,
    branchTag: first(({ entry }) => entry.type === 'ref' && entry.event === 'branch'),
    isVersion: versionTag !== '' || kind.isVersion,
    isPrerelease: kind.isPrerelease,
    channel: kind.channel,
  }
}
