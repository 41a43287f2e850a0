import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { clean, compare as comparePep440, explain, type Pep440Version } from '@renovatebot/pep440'
import SemVer from 'semver/classes/semver.js'
import coerceSemver from 'semver/functions/coerce.js'
import compareSemver from 'semver/functions/compare.js'
import parseSemver from 'semver/functions/parse.js'
import { pep440Channel, semverChannel, type VersionKind } from './channel.ts'
import { readRegExp } from './regular-expression.ts'
import type { TagEntry } from './tag-entry.ts'
import { nothing, type Resolution, surprise, type TagWorld, takesLatest, versionSource } from './tag-world.ts'

type VersionEntry = Extract<TagEntry, { type: 'semver' | 'pep440' }>

/** A version of either scheme, as far as tags need to know it. */
type Version = {
  readonly raw: string
  /** Without what people put around it: `1.2.3` of `v1.2.3`. */
  readonly normal: string
  /** No pre-release, and for Python no post- or development release. */
  readonly isFinal: boolean
  /** What a pattern may name. */
  readonly parts: object
} & ({ readonly scheme: 'semver'; readonly key: SemVer } | { readonly scheme: 'pep440'; readonly key: Pep440Version })

function compareVersions(a: Version, b: Version): number {
  if (a.scheme === 'semver' && b.scheme === 'semver') return compareSemver(a.key, b.key)
  return a.scheme === 'pep440' && b.scheme === 'pep440' ? comparePep440(a.raw, b.raw) : 0
}

/** The tag of a `semver` or `pep440` entry. */
export function resolveVersion(entry: VersionEntry, world: TagWorld): Resolution {
  const source = versionSource(entry.value, world)
  if (source === undefined) return nothing('the run is not for a git tag, and no value is given')
  const cut = matchedPart(entry, source)
  const version = readVersion(entry, cut.text)
  if (version === undefined) {
    const miss = cut.isWhole ? '' : `${entry.match} does not match ${source}, and `
    return surprise(`${miss}${notAVersion(entry, source, cut.isWhole ? cut.text : source)}`)
  }
  const why = entry.value === '' ? `version of the git tag ${source}` : `version of the value ${source}`
  if (!version.isFinal) {
    const isFixed = world.engine.onlyExpression(entry.pattern) !== 'channel'
    const latest = takesLatest(world, false, false)
    return { kind: 'text', text: preReleaseText(entry, version, world), latest, isFixed, why }
  }
  const render = world.engine.compile(entry.pattern)
  const text = render(version.parts)
  const higher = otherVersions(entry, world.gitTags ?? []).filter(other => compareVersions(other, version) > 0)
  const owner = higher.find(other => render(other.parts) === text)
  if (owner !== undefined) return nothing(`${text} stays with ${owner.raw}, which is newer than ${version.raw}`)
  // A pattern without the last part, such as {{major}}.{{minor}}, yields the same tag for the next fix.
  const isFixed = text !== render(nextFix(version).parts)
  return { kind: 'text', text, latest: takesLatest(world, true, higher.length === 0), isFixed, why }
}

/** Quotes the text as it was written, and names the attribute that helps. */
function notAVersion(entry: VersionEntry, source: string, text: string): string {
  const shown = text === source.replaceAll('/', '-') ? source : text
  const found = `${shown} is not a version of ${entry.type === 'semver' ? 'semver (https://semver.org)' : 'PEP 440'}`
  if (entry.type === 'semver' && !entry.loose && looseSemver(text)) return `${found}; loose=true accepts it`
  const [, before] = /^(.*[^0-9A-Za-z.])v?\d+\.\d+/.exec(source) ?? []
  return entry.match === '' && before ? `${found}; for the version after "${before}" add match=${before}(.*)` : found
}

function nextFix(version: Version): Version {
  if (version.scheme === 'semver') {
    const { major, minor, patch } = version.key
    const next = `${major}.${minor}.${patch + 1}`
    return semverVersion(new SemVer(next), next)
  }
  const { epoch, release } = version.key
  const longer = [...release, 0, 0].slice(0, Math.max(3, release.length))
  return pep440Version(`${epoch}!${[...longer.slice(0, -1), Number(longer.at(-1)) + 1].join('.')}`) ?? version
}

/** What the version is that an entry reads; undefined when it reads none. Throws InvalidValue like the entry itself. */
export function entryVersionKind(entry: VersionEntry, world: TagWorld): VersionKind | undefined {
  const source = versionSource(entry.value, world)
  const version = source === undefined ? undefined : readVersion(entry, matchedPart(entry, source).text)
  if (version === undefined) return undefined
  const channel = version.scheme === 'semver' ? semverChannel(version.key.prerelease) : pep440Channel(version.key)
  return { isVersion: true, isPrerelease: channel !== '', channel }
}

/** What the attribute `match` leaves of a text: its first group. Without a match it is the whole. */
function matchedPart({ match }: VersionEntry, source: string): { readonly text: string; readonly isWhole: boolean } {
  const found = match === '' ? undefined : source.match(readRegExp('match', match))
  if (!found) return { text: source.replaceAll('/', '-'), isWhole: match === '' }
  const [, group] = found
  if (group === undefined)
    throw new InvalidValue(
      `has the match ${match}, whose first group caught nothing of ${source}; put ( ) around the version`,
    )
  return { text: group.replaceAll('/', '-'), isWhole: true }
}

/** A pre-release has one tag only, its full version: `1` or `1.2` shall not lead to it. But for its raw text, and its channel. */
function preReleaseText(entry: VersionEntry, version: Version, { engine }: TagWorld): string {
  const only = engine.onlyExpression(entry.pattern)
  if (only === 'raw') return entry.type === 'semver' ? engine.compile(entry.pattern)(version.parts) : version.raw
  return only === 'channel' ? engine.compile(entry.pattern)(version.parts) : version.normal
}

function readVersion(entry: VersionEntry, text: string): Version | undefined {
  if (entry.type === 'pep440') return pep440Version(text)
  const isStrict = parseSemver(text) !== null
  // What is valid is read loosely all the same: a pattern can tell by `{{loose}}`.
  const version = isStrict ? parseSemver(text, { loose: true }) : entry.loose ? looseSemver(text) : null
  return version === null ? undefined : semverVersion(version, text)
}

/** Takes `v1.2`, `2024.05.01` and `1.2.3.4` for what they mean; not a version somewhere in a text. */
function looseSemver(text: string): SemVer | null {
  return parseSemver(text, { loose: true }) ?? (/^v?\d+(\.\d+){0,3}$/i.test(text) ? coerceSemver(text) : null)
}

function semverVersion(version: SemVer, raw: string): Version {
  return {
    scheme: 'semver',
    key: version,
    raw,
    normal: version.version,
    isFinal: version.prerelease.length === 0,
    parts: Object.assign(version, { raw, channel: semverChannel(version.prerelease) }),
  }
}

function pep440Version(raw: string): Version | undefined {
  const [version, normal] = [explain(raw), clean(raw)]
  if (version === null || normal === null) return undefined
  const [major = 0, minor = 0, patch = 0] = version.release
  return {
    scheme: 'pep440',
    key: version,
    raw,
    normal,
    isFinal: !version.is_prerelease && !version.is_postrelease,
    parts: { raw, version: normal, major, minor, patch, channel: pep440Channel(version) },
  }
}

/** The final versions among the repository's git tags, read as this entry reads its own. */
function otherVersions(entry: VersionEntry, gitTags: readonly string[]): Version[] {
  return gitTags.flatMap(tag => {
    if (entry.match !== '' && !readRegExp('match', entry.match).test(tag)) return []
    const version = readVersion(entry, matchedPart(entry, tag).text)
    return version?.isFinal ? [version] : []
  })
}

/** Whether no other text is a higher final version; false for what is no final version itself. */
export function isHighestVersion(text: string, others: readonly string[]): boolean {
  const version = parseSemver(text)
  if (version === null || version.prerelease.length > 0) return false
  return others
    .map(other => parseSemver(other))
    .every(other => other === null || other.prerelease.length > 0 || compareSemver(other, version) <= 0)
}
