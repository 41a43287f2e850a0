/** A git reference as GitHub names it, with what kind of thing it points to. */
export type GitRef =
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'tag'; readonly name: string }
  /** What is left of `refs/pull/`, as `87/merge`. */
  | { readonly kind: 'pull'; readonly name: string }
  | { readonly kind: 'other'; readonly name: string }

const PREFIXES = [
  ['refs/heads/', 'branch'],
  ['refs/tags/', 'tag'],
  ['refs/pull/', 'pull'],
] as const

export function parseGitRef(text: string): GitRef {
  for (const [prefix, kind] of PREFIXES) {
    if (text.startsWith(prefix)) return { kind, name: text.slice(prefix.length) }
  }
  return { kind: 'other', name: text }
}

/** The pull request that a merge queue's branch was made for; undefined for any other branch. */
export function mergeQueuePull(branch: string): { readonly base: string; readonly number: string } | undefined {
  const match = /^gh-readonly-queue\/(.+)\/pr-(\d+)-[0-9a-f]{7,64}$/.exec(branch)
  return match ? { base: String(match[1]), number: String(match[2]) } : undefined
}
