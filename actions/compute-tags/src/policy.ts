import { type GitRef, mergeQueuePull } from '@deploy-actions/core/values/git-ref'

export const POLICIES = ['branch-latest', 'semver'] as const
export type Policy = (typeof POLICIES)[number]

/** What a named policy stands for, in a run for this reference: lines of `tags`. */
export function policyEntries(policy: Policy, ref: GitRef): readonly string[] {
  switch (policy) {
    case 'branch-latest':
      return [
        'type=semver,pattern={{version}}',
        isMergeQueue(ref) ? 'type=ref,event=merge-group' : 'type=ref,event=branch,suffix=-latest',
        'type=ref,event=pr',
        'type=sha',
      ]
    case 'semver':
      return [
        'type=semver,pattern={{version}}',
        'type=semver,pattern={{major}}.{{minor}}',
        // Version 0 promises nothing, so nobody shall follow it: https://semver.org/#spec-item-4
        ...(isMajorZero(ref) ? [] : ['type=semver,pattern={{major}}']),
        isMergeQueue(ref) ? 'type=ref,event=merge-group' : 'type=ref,event=branch',
        'type=ref,event=pr',
        'type=sha',
      ]
  }
}

function isMajorZero(ref: GitRef): boolean {
  return ref.kind === 'tag' && /^v?0\./.test(ref.name)
}

function isMergeQueue(ref: GitRef): boolean {
  return ref.kind === 'branch' && mergeQueuePull(ref.name) !== undefined
}
