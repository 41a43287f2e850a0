import { describe, expect, it } from '@jest/globals'
import { failedJobs, lineOf } from '../src/failed-jobs.ts'
import { summaryOf } from '../src/report.ts'
import type { WatchOutcome } from '../src/run.ts'
import { failedItem, item, job, release, SHA, verdict } from './fixture.ts'

const OUTCOME: WatchOutcome = {
  ...{ result: 'confirmed', headline: 'Commit 6dcb09b is validated', verdict: verdict('success'), notes: [] },
  ...{ validated: SHA, rollback: undefined, failure: undefined },
}
const summary = (differences: Partial<WatchOutcome> = {}, clean = (text: string) => text) =>
  summaryOf({ ...OUTCOME, ...differences }, { server: 'deploy@shop:22', commit: { sha: SHA } }, clean)

describe('failed jobs', () => {
  it('have their first failing step, and a page', () => {
    expect(failedJobs([item(), failedItem]).map(lineOf)).toEqual([
      'CI / test (failure) at step "npm test": https://github.com/octo-org/shop/actions/runs/101/job/5001',
    ])
  })

  it('are the run itself where no job is known, and checks and statuses', () => {
    const broken = item({ state: 'failed', word: 'startup_failure' })
    const status = item({ kind: 'status', name: 'ci/build', state: 'failed', word: 'error', url: '' })
    expect(failedJobs([broken, status]).map(lineOf)).toEqual([
      'CI (startup_failure): https://github.com/octo-org/shop/actions/runs/101',
      'ci/build (error)',
    ])
  })

  it('have no step where it timed out before one', () => {
    const slow = job({ conclusion: 'timed_out', steps: [{ name: 'npm test', conclusion: 'timed_out' }] })
    expect(
      failedJobs([item({ state: 'failed', failedJobs: [slow, job({ steps: [] })] })]).map(({ step }) => step),
    ).toEqual(['npm test', ''])
  })
})

describe('the summary', () => {
  it('has the verdict, the commit and each check', () => {
    const text = summary({
      verdict: verdict('success', { items: [item(), item({ name: 'Lint', state: 'allowed', word: 'failure' })] }),
    })
    expect(text).toMatch(/^### 🔒 Commit 6dcb09b is validated\n\nCommit 6dcb09b\n/)
    expect(text).toContain('| [CI](https://github.com/octo-org/shop/actions/runs/101) | ✅ success | - |')
    expect(text).toContain('| ⚠️ failure | - |')
  })

  it('has failed jobs first, and what runs after a rollback', () => {
    const rollback = { result: 'rolled-back', release: release('r1'), previous: release('r2'), headline: '' } as const
    const text = summary({
      result: 'rolled-back',
      verdict: verdict('failure', { items: [item({ name: 'Docs' }), failedItem] }),
      rollback,
    })
    expect(text).toContain('| deploy@shop:22 | ↩️ rolled-back | r1 | r2 |')
    expect(text.indexOf('CI / test')).toBeLessThan(text.indexOf('Docs'))
    expect(text).toContain('| ❌ failure | npm test |')
  })

  it('lists what continue-on-error lets fail', () => {
    const tolerated = [{ name: 'infrastructure', url: '' }]
    expect(summary({ verdict: verdict('success', { tolerated }) })).toContain(
      '> ⚠️ Failed, and allowed to by continue-on-error: infrastructure',
    )
  })

  it('shows names of others as they are, and no secret', () => {
    const hostile = item({
      name: '<img src=x> [a](b) token-123',
      state: 'failed',
      word: 'failure',
      url: 'javascript:alert(1)',
    })
    const text = summary({ verdict: verdict('failure', { items: [hostile] }) }, each =>
      each.replaceAll('token-123', '***'),
    )
    expect(text).not.toContain('<img')
    expect(text).not.toContain('javascript:')
    expect(text).not.toContain('token-123')
  })
})
