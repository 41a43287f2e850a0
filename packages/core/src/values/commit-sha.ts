/** A full commit id: SHA-1, or SHA-256 in repositories that use it. */
export function isCommitSha(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/** The first characters of a commit id; git's own default for a small repository is seven. */
export function shortSha(sha: string, length = 7): string {
  return sha.slice(0, length)
}
