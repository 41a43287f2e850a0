/** A version of Coolify as `GET /version` tells it: `4.3.11`, `4.0.0-beta.464`, `4.4-rc.1`. */
export interface CoolifyVersion {
  readonly text: string
  /** Major, minor, patch, and the number of a pre-release; a release comes after all of them. */
  readonly parts: readonly [number, number, number, number]
}

/** The first version with each thing that not every version has. https://github.com/coollabsio/coolify/releases */
export const SINCE = {
  'cancelling a deployment': '4.0.0-beta.436',
  'previews of image tags': '4.0.0-beta.471',
  // 4.1 wrote the commit into the queue, and then deployed the newest all the same.
  'deploying a given commit': '4.2.0',
  'the images on the server': '4.3.0',
  'the rollback of git applications': '4.3.0',
} as const
export type Feature = keyof typeof SINCE

/** Undefined for what is no version, as a page of a proxy. */
export function parseVersion(text: string): CoolifyVersion | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-[a-z]+\.?(\d+))?$/i.exec(text.trim())
  if (!match) return undefined
  const [, major, minor, patch, pre] = match
  const isRelease = !text.includes('-')
  return {
    text: text.trim().replace(/^v/i, ''),
    parts: [Number(major), Number(minor), Number(patch ?? 0), isRelease ? Number.POSITIVE_INFINITY : Number(pre ?? 0)],
  }
}

/** Negative when `a` came first. */
export function compareVersions(a: CoolifyVersion, b: CoolifyVersion): number {
  for (const [index, part] of a.parts.entries()) {
    const other = b.parts[index] ?? 0
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

export function hasFeature(version: CoolifyVersion, feature: Feature): boolean {
  const since = parseVersion(SINCE[feature])
  return since !== undefined && compareVersions(version, since) >= 0
}
