import type { Item } from '@deploy-actions/core/github/judge/items'
import type { Verdict } from '@deploy-actions/core/github/judge/judge'
import type { Job, WorkflowRun } from '@deploy-actions/core/github/snapshot'
import type { Release } from '@deploy-actions/core/release/record'

export const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
export const NEWER = '8f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c'

export function item(differences: Partial<Item> = {}): Item {
  return {
    kind: 'workflow',
    id: 101,
    name: 'CI',
    key: 'run 101 1',
    state: 'passed',
    word: 'success',
    url: 'https://github.com/octo-org/shop/actions/runs/101',
    wasExecuted: true,
    branch: 'main',
    failedJobs: [],
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
    steps: [
      { name: 'Set up job', conclusion: 'success' },
      { name: 'npm test', conclusion: 'failure' },
      { name: 'Clean up', conclusion: 'failure' },
    ],
    ...differences,
  }
}

export const failedItem = item({ state: 'failed', word: 'failure', failedJobs: [job()] })

export function verdict(kind: Verdict['kind'], differences: Partial<Verdict> = {}): Verdict {
  const items = kind === 'failure' ? [failedItem] : [item()]
  return { kind, isFinal: true, reason: `It is ${kind}`, items, tolerated: [], endsIn: undefined, ...differences }
}

export function release(id: string): Release {
  return {
    ...{ format: 2, id, sequence: 1, adopted: false, createdAt: '2026-01-01T00:00:00.000Z', project: 'shop' },
    ...{ composeFiles: [], env: 'kept', services: [], fingerprint: id, state: 'confirmed' },
  }
}

export function workflowRun(differences: Partial<WorkflowRun> = {}): WorkflowRun {
  return {
    ...{
      id: 101,
      workflowId: '1',
      name: 'CI',
      file: '.github/workflows/ci.yml',
      event: 'push',
      branch: 'main',
      attempt: 1,
    },
    ...{ status: 'completed', conclusion: 'success', url: 'https://github.com/octo-org/shop/actions/runs/101' },
    ...differences,
  }
}
