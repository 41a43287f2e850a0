import type { JobStatus } from '@deploy-actions/core/runner/job-status'
import type { NumberedResult } from '@deploy-actions/core/runner/result-file'
import { describe, expect, it } from '@jest/globals'
import { verdictOf } from '../src/verdict.ts'

const DEPLOY: NumberedResult = {
  number: 2,
  action: 'ssh-compose-deploy',
  step: 'deploy',
  stage: 'post',
  startedAt: '2026-11-30T14:15:02Z',
  writtenAt: '2026-11-30T14:17:40Z',
  result: 'confirmed',
  reason: '',
  next: [],
  environment: 'production',
  url: 'https://shop.example.org',
  hosts: ['deploy@shop.example.org:22'],
  path: '/opt/shop',
  release: '20261130T141502Z-12c26b6',
  previousRelease: '20261129T090011Z-32a149d',
  version: '',
  sha: '',
  pending: null,
}
const PENDING = { result: 'pending', stage: 'main', pending: { until: '2026-11-30T14:47:00Z' } } as const

function verdict(
  job: JobStatus,
  results: readonly Partial<NumberedResult>[],
  more: { own?: number; resultOf?: string } = {},
) {
  return verdictOf({
    job,
    own: more.own ?? 1,
    resultOf: more.resultOf ?? '',
    results: results.map((result, index) => ({ ...DEPLOY, number: index + 2, ...result })),
  })
}

describe('the status of the message', () => {
  it.each([
    ['success', [], 'success'],
    ['failure', [], 'failure'],
    ['cancelled', [], 'cancelled'],
    ['unknown', [], 'failure'],
    ['success', ['confirmed'], 'confirmed'],
    ['success', ['deployed'], 'deployed'],
    ['success', ['unchanged'], 'unchanged'],
    ['success', ['planned'], 'planned'],
    ['success', ['skipped'], 'skipped'],
    ['success', ['deployed', 'skipped'], 'deployed'],
    ['success', ['deployed', 'pending'], 'pending'],
    // `continue-on-error` keeps the job green.
    ['success', ['rolled-back'], 'rolled-back'],
    ['success', ['confirmed', 'failed'], 'failed'],
    ['failure', ['rolled-back'], 'rolled-back'],
    ['failure', ['rolled-back', 'rollback-failed'], 'rollback-failed'],
    ['failure', ['deployed'], 'failure'],
    ['failure', ['confirmed', 'rolled-back'], 'rolled-back'],
    ['cancelled', ['rolled-back'], 'rolled-back'],
    ['cancelled', ['deployed'], 'cancelled'],
    ['unknown', ['confirmed'], 'failure'],
    ['unknown', ['rolled-back'], 'rolled-back'],
  ] as const)('of a job with %s and deploys %j is %s', (job, words: readonly string[], status) => {
    expect(
      verdict(
        job,
        words.map(result => ({ result })),
      ).status,
    ).toBe(status)
  })

  it('is not that of another helper: a smoke test that failed is why the deploy was rolled back', () => {
    const { status, reason } = verdict('failure', [
      { result: 'rolled-back', reason: 'a later step of the job failed' },
      { action: 'smoke-test', step: '__org_actions', result: 'failed', reason: '/health responded 503' },
    ])
    expect(status).toBe('rolled-back')
    expect(reason).toBe('deploy: a later step of the job failed\nsmoke-test: /health responded 503')
  })

  it('does not take an unknown status of the job for a success, and warns', () => {
    expect(verdict('unknown', []).warnings).toEqual([expect.stringContaining('`job-status`')])
  })

  it('leaves out a result that is not a known word, and warns', () => {
    const { status, warnings, releases } = verdict('success', [{ result: 'exploded' }])
    expect({ status, releases }).toEqual({ status: 'success', releases: [] })
    expect(warnings).toEqual(['The result of the step `deploy` is not a known word, so it is left out.'])
  })
})

describe('a deploy that is not confirmed yet', () => {
  it('is rolled back by its post step after this one, when it stands before this step', () => {
    expect(verdict('failure', [PENDING], { own: 3 })).toMatchObject({
      status: 'failure',
      reason: 'the job failed, the rollback follows',
    })
    expect(verdict('cancelled', [PENDING], { own: 3 })).toMatchObject({
      status: 'cancelled',
      reason: 'the job was cancelled, the rollback follows',
    })
    expect(verdict('success', [PENDING], { own: 3 })).toMatchObject({ status: 'pending', reason: '' })
  })

  it('is rolled back by the server, when its own post step has ended', () => {
    expect(verdict('failure', [PENDING])).toMatchObject({
      status: 'failure',
      reason: 'the job failed; the server rolls back at 14:47 UTC unless the release is confirmed',
    })
    expect(verdict('failure', [{ ...PENDING, pending: null }]).reason).toBe(
      'the job failed, and the release is not confirmed',
    )
  })
})

describe('the facts of the deploys', () => {
  it('are environment, URL and a line per deploy', () => {
    const { environment, url, releases } = verdict('success', [{}])
    expect({ environment, url }).toEqual({ environment: 'production', url: 'https://shop.example.org' })
    expect(releases).toHaveLength(1)
    expect(releases[0]?.replaceAll('\\', '').replaceAll('\u200b', '')).toBe(
      '🔒 confirmed · deploy · production · deploy@shop.example.org:22 · release 20261130T141502Z-12c26b6 · previous release 20261129T090011Z-32a149d',
    )
  })

  it('are told apart in a job with two deploys', () => {
    const { environment, url, releases } = verdict('success', [
      { step: 'shop' },
      { step: 'blog', environment: 'blog', url: 'https://blog.example.org' },
    ])
    expect({ environment, url }).toEqual({ environment: 'production, blog', url: '' })
    expect(releases.map(line => line.split(' · ')[1])).toEqual(['shop', 'blog'])
  })

  it('are those of one step, when `result-of` names it', () => {
    const results = [{ step: 'shop' }, { step: 'blog', result: 'failed', reason: 'unhealthy' }]
    expect(verdict('success', results, { resultOf: 'shop' })).toMatchObject({ status: 'confirmed', warnings: [] })
    expect(verdict('success', results, { resultOf: 'blog' })).toMatchObject({ status: 'failed' })
    expect(verdict('success', results, { resultOf: 'shpo' }).warnings).toEqual([
      '`result-of` is "shpo", and no step of this job with that `id` has left a result.',
    ])
  })

  it('neither format nor link: any step of the job can write them', () => {
    const { releases, url } = verdict('success', [
      { step: '**x**', url: 'javascript:alert(1)', release: '[a](http://b)' },
    ])
    expect(releases[0]).not.toContain('**x**')
    expect(releases[0]).not.toContain('[a](http://b)')
    expect(url).toBe('')
  })
})
