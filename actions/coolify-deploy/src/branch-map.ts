import { parseGitRef } from '@deploy-actions/core/values/git-ref'

/** A line of an input that goes by branch: `main=VALUE`, or `VALUE` alone for every branch. */
export interface BranchLine {
  readonly branch: string | undefined
  readonly value: string
}

/** What the lines say for one branch. */
export type Chosen =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  /** There are no lines at all. */
  | { readonly kind: 'none' }
  /** There are lines for other branches only. */
  | { readonly kind: 'elsewhere'; readonly branches: readonly string[] }
  /** The branch has a line without a value: a secret that is not set. */
  | { readonly kind: 'empty'; readonly branch: string }

/** No URL begins like this (`://`, `?`), no path (`/health?a=b`) and no token (`1|…`), so a value may hold a `=` of its own. */
const KEYED = /^([^\s=:?|/,][^\s=:?|,]*)\s*=\s*(.*)$/s

export function parseBranchLine(line: string): BranchLine {
  const [, branch, value] = KEYED.exec(line) ?? []
  return branch === undefined ? { branch: undefined, value: line } : { branch: branchName(branch), value: value ?? '' }
}

/**
 * Chooses the lines for a branch: those that name it, else those whose `*` covers it (of several patterns the first one's), else
 * those that name none.
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
 * The name that a run goes by in such lines. A git tag keeps its long form, so that a tag called `main` is not the branch; an
 * environment's name stays as it is.
 */
export function branchName(ref: string): string {
  const parsed = parseGitRef(ref.trim())
  return parsed.kind === 'branch' ? parsed.name : ref.trim()
}
