import { type GitRef, mergeQueuePull } from '@deploy-actions/core/values/git-ref'
import { readRegExp } from './regular-expression.ts'
import { parseTagEntry, type TagEntry } from './tag-entry.ts'

export const POLICIES = ['branch-latest', 'semver'] as const
export type Policy = (typeof POLICIES)[number]

/**
 * What a named policy stands for, in a run for this reference: lines of `tags`. A Git tag of another component, which `match`
 * does not match, yields no version.
 */
export function policyEntries(policy: Policy, ref: GitRef, match: string): readonly TagEntry[] {
  const versions = policyVersions(policy, ref, match).map(text => ({ ...parseTagEntry({ line: 0, text }), match }))
  const others = policyOthers(policy, ref).map(text => parseTagEntry({ line: 0, text }))
  return isOtherComponent(ref, match) ? others : [...versions, ...others]
}

/** Whether a Git tag is not of the component whose tags `match` describes. */
export function isOtherComponent(ref: GitRef, match: string): boolean {
  return match !== '' && ref.kind === 'tag' && versionText(ref, match) === undefined
}

function policyVersions(policy: Policy, ref: GitRef, match: string): readonly string[] {
  if (policy === 'branch-latest') return ['type=semver,pattern={{version}}']
  return [
    'type=semver,pattern={{version}}',
    'type=semver,pattern={{major}}.{{minor}}',
    // Version 0 promises nothing, so nobody shall follow it: https://semver.org/#spec-item-4
    ...(/^v?0\./.test(versionText(ref, match) ?? '') ? [] : ['type=semver,pattern={{major}}']),
  ]
}

function policyOthers(policy: Policy, ref: GitRef): readonly string[] {
  switch (policy) {
    case 'branch-latest':
      return [
        isMergeQueue(ref) ? 'type=ref,event=merge-group' : 'type=ref,event=branch,suffix=-latest',
        'type=ref,event=pr',
        'type=sha',
      ]
    case 'semver':
      return [
        isMergeQueue(ref) ? 'type=ref,event=merge-group' : 'type=ref,event=branch',
        'type=ref,event=pr',
        'type=sha',
      ]
  }
}

/** What `match` leaves of a Git tag. */
function versionText(ref: GitRef, match: string): string | undefined {
  if (ref.kind !== 'tag' || match === '') return ref.name
  return readRegExp('match', match).exec(ref.name)?.[1]
}

function isMergeQueue(ref: GitRef): boolean {
  return ref.kind === 'branch' && mergeQueuePull(ref.name) !== undefined
}
