import type { VersionKind } from './channel.ts'
import type { EntryResult, TagSet } from './tag-set.ts'

/** The tags that a deploy needs, by what they name; '' where there is none. */
export interface DeployTags {
  /** The one to deploy: it names one commit or release, so that it never moves. */
  readonly tag: string
  readonly shaTag: string
  readonly versionTag: string
  readonly branchTag: string
  readonly isVersion: boolean
  readonly isPrerelease: boolean
  readonly channel: string
}

export function deployTags({ results }: TagSet, kind: VersionKind, wanted: 'sha' | 'version'): DeployTags {
  const first = (isWanted: (result: EntryResult) => boolean) =>
    results.find(each => each.tag !== '' && isWanted(each))?.tag ?? ''
  const isVersionRule = ({ entry }: EntryResult) => entry.type === 'semver' || entry.type === 'pep440'
  const isGitTagRule = ({ entry }: EntryResult) =>
    kind.isVersion && (entry.type === 'match' || (entry.type === 'ref' && entry.event === 'tag'))
  const shaTag = first(({ entry }) => entry.type === 'sha')
  const versionTag =
    first(each => each.isFixed && isVersionRule(each)) || first(each => each.isFixed && isGitTagRule(each))
  const [preferred, other] = wanted === 'sha' ? [shaTag, versionTag] : [versionTag, shaTag]
  return {
    tag: preferred || other || first(({ isFixed }) => isFixed),
    shaTag,
    versionTag,
    branchTag: first(({ entry }) => entry.type === 'ref' && entry.event === 'branch'),
    isVersion: first(each => isVersionRule(each) || isGitTagRule(each)) !== '',
    isPrerelease: kind.isPrerelease,
    channel: kind.channel,
  }
}
