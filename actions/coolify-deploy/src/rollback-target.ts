import type { ServerImage } from '@deploy-actions/core/coolify/resource'
import { type CoolifyVersion, SINCE } from '@deploy-actions/core/coolify/version'
import { isCommitSha, shortSha } from '@deploy-actions/core/values/commit-sha'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'

const SET_TAG =
  'set `to` to the tag: see the output `previous-image-tag` of the run that deployed, or the tags in your registry'

/**
 * The tag before the current one. Coolify keeps no history of tags; but the server keeps the last images, and the newest one that
 * is older than the current one ran before it. Throws InvalidValue where that cannot be known.
 */
export function previousTag(
  current: string,
  {
    serverImages,
    version,
  }: { readonly serverImages: readonly ServerImage[] | undefined; readonly version: CoolifyVersion },
): string {
  if (serverImages === undefined) {
    throw new InvalidValue(
      `runs ${current}, and Coolify ${version.text} does not report what ran before (${SINCE['the images on the server']} and later report the images on the server); ${SET_TAG}`,
    )
  }
  const currentImage = serverImages.find(({ tag }) => tag === current)
  const others = serverImages.filter(({ tag }) => tag !== current && isImmutable(tag))
  const has =
    others.length > 0
      ? `the server has ${others.map(({ tag }) => tag).join(', ')}`
      : 'the server has no other image of it'
  const before = currentImage?.builtAt
  if (before === undefined) {
    throw new InvalidValue(
      `runs ${current}, whose image is not on the server, so the previous one is unknown; ${has}; ${SET_TAG}`,
    )
  }
  const older = others
    .flatMap(({ tag, builtAt }) => (builtAt !== undefined && builtAt < before ? [{ tag, builtAt }] : []))
    .sort((a, b) => b.builtAt - a.builtAt)
  const [newest] = older
  if (newest === undefined)
    throw new InvalidValue(`runs ${current}, and the server has no older image: ${has}; ${SET_TAG}`)
  return newest.tag
}

/** Whether a tag always names the same image: a version, a digest, or a tag with a commit. `latest` and `main` move. */
export function isImmutable(tag: string): boolean {
  return /^v?\d+\.\d+\.\d+/.test(tag) || /(?:^|[-_.])(?=[0-9a-f]*\d)[0-9a-f]{7,64}$/.test(tag)
}

/** The commit that ran before the current one ran first: commits in between were rolled back, most likely because they were unhealthy. */
export function previousCommit(finished: readonly string[]): string {
  const [current] = finished
  if (current === undefined) {
    throw new InvalidValue('has no finished deployment in Coolify, so there is no version to roll back to')
  }
  const previous = finished[finished.lastIndexOf(current) + 1]
  if (previous !== undefined) return previous
  throw new InvalidValue(
    `has nothing before ${shortSha(current)} among its last deployments, so there is no version to roll back to; set \`to\` to a commit`,
  )
}

/** Resolves a commit: it can be abbreviated if Coolify has deployed it. */
export function resolveCommit(text: string, finished: readonly string[]): string {
  const wanted = text.toLowerCase().replace(/^sha-/, '')
  const commits = [...new Set(finished)]
  const found = commits.filter(commit => /^[0-9a-f]{7,}$/.test(wanted) && commit.startsWith(wanted))
  if (found.length === 1 && found[0] !== undefined) return found[0]
  if (isCommitSha(wanted)) return wanted
  const list = commits.map(commit => shortSha(commit)).join(', ') || 'none'
  throw new InvalidValue(
    `is built from Git, and "${text}" is not a commit of its last deployments (${list}); write the full SHA of a commit`,
  )
}
