import { explain, type Pep440Version } from '@renovatebot/pep440'
import parseSemver from 'semver/functions/parse.js'

/** What a version is by its own name. */
export interface VersionKind {
  readonly isVersion: boolean
  readonly isPrerelease: boolean
  /** `rc`, `beta`, `dev`, or what else the pre-release is called; '' for a final version. */
  readonly channel: string
}

export const NO_VERSION: VersionKind = { isVersion: false, isPrerelease: false, channel: '' }
const PEP440_CHANNELS: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', rc: 'rc' }

/** Reads a Git tag. In a monorepo its version is at the end: `shop-v1.2.3`, `@acme/shop@1.2.3`, `charts/shop-0.9.0-rc.3`. */
export function gitTagKind(gitTag: string): VersionKind {
  return versionKind(gitTag.slice(versionStart(gitTag)))
}

/** The Git tag of the final version that a pre-release leads to: `shop-v1.2.3` of `shop-v1.2.3-rc.1`. */
export function finalGitTag(gitTag: string): string {
  const start = versionStart(gitTag)
  return gitTag.slice(0, start) + gitTag.slice(start).replace(/^(v?\d+(?:\.\d+)*).*$/i, '$1')
}

/** Where the version of a Git tag begins; its end when there is none. */
function versionStart(gitTag: string): number {
  const starts = [0, ...[...gitTag.matchAll(/(?<=[^0-9A-Za-z.])v?\d+\.\d/gi)].map(({ index }) => index)]
  return starts.find(start => versionKind(gitTag.slice(start)).isVersion) ?? gitTag.length
}

/** Reads a version, `v1.2.3-rc.1` or Python's `1.2.3rc1`. */
export function versionKind(text: string): VersionKind {
  const semver = parseSemver(text.replaceAll('/', '-'))
  if (semver)
    return { isVersion: true, isPrerelease: semver.prerelease.length > 0, channel: semverChannel(semver.prerelease) }
  const version = explain(text)
  // One number alone is too little to be taken for a version: it may be a date or a build.
  if (version === null || version.release.length < 2) return NO_VERSION
  const channel = pep440Channel(version)
  return { isVersion: true, isPrerelease: channel !== '', channel }
}

/** `rc` of rc.1 and rc1; `pre` where there are only numbers. */
export function semverChannel(prerelease: readonly (string | number)[]): string {
  if (prerelease.length === 0) return ''
  const word = prerelease.find(part => typeof part === 'string' && /^[a-z]/i.test(part))
  return word === undefined ? 'pre' : String(word).replace(/[\d-]+$/, '')
}

/** `alpha`, `beta`, `rc` or `dev`; '' for a final version and what was put out after it. */
export function pep440Channel({ pre, is_devrelease: isDev }: Pep440Version): string {
  if (isDev) return 'dev'
  const letter = pre?.[0]
  return letter === undefined ? '' : (PEP440_CHANNELS[letter] ?? '')
}
