import { parseGitRef } from '@deploy-actions/core/values/git-ref'

/** A line of an input with values per branch: `main=VALUE`, or `VALUE` alone for every branch. */
export interface BranchLine {
  readonly branch: string | undefined
  readonly value: string
}

/** The values for one branch. */
export type Chosen =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  /** The input is empty. */
  | { readonly kind: 'none' }
  /** Only other branches have lines. */
  | { readonly kind: 'elsewhere'; readonly branches: readonly string[] }
  /** The line of the branch has no value: a secret that is not set. */
  | { readonly kind: 'empty'; readonly branch: string }

/** URLs (`://`, `?`), paths (`/health?a=b`) and tokens (`1|…`) never match, so a value can contain `=`. */
const KEYED = /^([^\s=:?|/,][^\s=:?|,]*)\s*=\s*(.*)$/s

export function parseBranchLine(line: string): BranchLine {
  const [, branch, value] = KEYED.exec(line) ?? []
  return branch === undefined ? { branch: undefined, value: line } : { branch: branchName(branch), value: value ?? '' }
}

/**
 * Chooses the lines for a branch: lines that name it; otherwise lines of the first pattern that matches it; otherwise lines without a
 * branch.
 */
export function chooseLines(lines: readonly BranchLine[], branch: string): Chosen {
  if (lines.length === 0) return { kind: 'none' }
  const pattern = lines.find(line => line.branch?.includes('*') && covers(line.branch, branch))?.branch
  const found = [branch, pattern, undefined]
    .map(name => lines.filter(line => line.branch === name))
    .find((group, index) => group.length > 0 && (index !== 1 || pattern !== undefined))
  if (found === undefined) {
    return { kind: 'elsewhere', branches: [...new Set(lines.flatMap(line => line.branch ?? []))] }
  }
  const values = found.map(line => line.value).filter(value => value !== '')
  return values.length > 0 ? { kind: 'values', values } : { kind: 'empty', branch: found[0]?.branch ?? branch }
}

function covers(pattern: string, branch: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(branch)
}

/**
 * The key of a run in such lines. A Git tag keeps its long form, so that a tag named `main` does not match the branch; the name of an
 * environment is unchanged.
 */
export function branchName(ref: string): string {
  const parsed = parseGitRef(ref.trim())
  return parsed.kind === 'branch' ? parsed.name : ref.trim()
}
