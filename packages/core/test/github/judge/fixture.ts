import { type Judgement, judge, type Look, type Memory, newMemory } from '@deploy-actions/core/github/judge/judge'
import { parseNamePattern } from '@deploy-actions/core/github/judge/pattern'
import type { CiPolicy, Watcher } from '@deploy-actions/core/github/judge/policy'
import type { CheckRun, CommitStatus, Job, Snapshot, WorkflowRun } from '@deploy-actions/core/github/snapshot'

export const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
export const NEWER = '8f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c'
export const START = Date.UTC(2026, 0, 1)
export const OWN_RUN = 900

export const WATCHER: Watcher = {
  runId: OWN_RUN,
  workflowFile: '.github/workflows/watch.yml',
  runUrl: `https://github.com/octo-org/shop/actions/runs/${OWN_RUN}`,
}

export function policy(differences: Partial<CiPolicy> = {}): CiPolicy {
  return {
    events: [],
    include: [],
    exclude: [],
    required: [],
    allowFail: [],
    passing: new Set(['success', 'skipped', 'neutral']),
    onWaiting: 'pending',
    grace: 60_000,
    confirmFailure: 0,
    stableFor: 0,
    timeout: 600_000,
    ...differences,
  }
}

export const names = (...texts: string[]) => texts.map(parseNamePattern)

export function run(differences: Partial<WorkflowRun> = {}): WorkflowRun {
  const { id = 101 } = differences
  return {
    id,
    workflowId: '1',
    name: 'CI',
    file: '.github/workflows/ci.yml',
    event: 'push',
    branch: 'main',
    attempt: 1,
    status: 'completed',
    conclusion: 'success',
    url: `https://github.com/octo-org/shop/actions/runs/${id}`,
    ...differences,
  }
}

export function job(differences: Partial<Job> = {}): Job {
  return {
    id: 5_001,
    runId: 101,
    name: 'test',
    status: 'completed',
    conclusion: 'failure',
    url: 'https://github.com/octo-org/shop/actions/runs/101/job/5001',
    steps: [],
    ...differences,
  }
}

export function check(differences: Partial<CheckRun> = {}): CheckRun {
  return {
    id: 7_001,
    name: 'codecov/patch',
    app: 'codecov',
    status: 'completed',
    conclusion: 'success',
    url: 'https://codecov.example/1',
    jobOf: undefined,
    ...differences,
  }
}

export function status(differences: Partial<CommitStatus> = {}): CommitStatus {
  return { id: 8_001, context: 'ci/build', state: 'success', url: '', ...differences }
}

export function snapshot(differences: Partial<Snapshot> = {}): Snapshot {
  return { sha: SHA, runs: [], jobs: [], checks: [], statuses: [], suites: [], head: undefined, ...differences }
}

/** One look of a watch that began `after` milliseconds before. */
export function lookAt(
  seen: Partial<Snapshot> | undefined,
  rules: Partial<CiPolicy> = {},
  { after = 0, memory = newMemory(START), ...look }: Partial<Look> & { after?: number; memory?: Memory } = {},
): Judgement {
  const one: Look = { snapshot: seen && snapshot(seen), now: START + after, ...look }
  return judge(one, policy(rules), WATCHER, memory)
}

/** What each of several looks says, one after the other: seconds since the start, and what is there. */
export function watch(
  looks: readonly (readonly [number, Partial<Snapshot> | undefined])[],
  rules: Partial<CiPolicy> = {},
) {
  let memory = newMemory(START)
  return looks.map(([seconds, seen]) => {
    const judgement = lookAt(seen, rules, { after: seconds * 1_000, memory })
    memory = judgement.memory
    const { kind, isFinal } = judgement.verdict
    return isFinal ? kind : `(${kind})`
  })
}
