import type { Verdict } from '@deploy-actions/core/github/judge/judge'
import { parseNamePattern } from '@deploy-actions/core/github/judge/pattern'
import type { CiPolicy } from '@deploy-actions/core/github/judge/policy'
import type { Subject } from '@deploy-actions/core/github/watch/read-snapshot'
import { lookOnce, type WatchContext, watchCi } from '@deploy-actions/core/github/watch/watch'
import type { FakeGitHubOptions } from '@deploy-actions/testkit/github/server'
import { describe, expect, it } from '@jest/globals'
import { NEWER, refusal, SHA, world } from '../fixture.ts'
import { policy as policyOf, WATCHER } from '../judge/fixture.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const PACE = { shortest: 10 * SECOND, longest: MINUTE }

/** A GitHub with a script, and a watch of the commit at the head of main. */
async function scene(rules: Partial<CiPolicy> = {}, options: FakeGitHubOptions = {}) {
  const all = await world(options)
  const looks: string[] = []
  const policy = policyOf({ stableFor: 30 * SECOND, timeout: 30 * MINUTE, ...rules })
  const subject: Subject = { sha: SHA, policy, watcher: WATCHER }
  const context: WatchContext = {
    ...{ ci: all.ci, clock: all.clock, random: () => 0.5, budget: () => all.api.budget },
    onLook: ({ kind }) => looks.push(kind),
  }
  const start = all.clock.now()
  const watch = (more: Partial<WatchContext> = {}): Promise<Verdict> => watchCi(subject, PACE, { ...context, ...more })
  const once = (more: Partial<WatchContext> = {}): Promise<Verdict> => lookOnce(subject, { ...context, ...more })
  const seconds = () => Math.round((all.clock.now() - start) / SECOND)
  return { ...all, looks, watch, once, seconds, [Symbol.asyncDispose]: all[Symbol.asyncDispose] }
}

const JOBS = ['quality', 'unit', 'lint', 'types', 'build', 'e2e 1', 'e2e 2', 'summary']

it('watches a CI of eight jobs and ten minutes with at most 40 requests that count', async () => {
  await using all = await scene()
  const { github } = all
  const run = github.repository.run(SHA, { jobs: JOBS }).set('in_progress')
  for (const [index, name] of JOBS.entries()) {
    github.at((10 + index * 15) * SECOND, () => run.job(name, 'in_progress'))
    github.at((60 + index * 70) * SECOND, () => run.job(name, 'success'))
  }
  github.at(10 * MINUTE, () => run.set('success'))
  const { kind } = await all.watch()
  expect(kind).toBe('success')
  // Seen within a minute of its end, and stable for half a minute.
  expect(all.seconds()).toBeGreaterThanOrEqual(630)
  expect(all.seconds()).toBeLessThanOrEqual(700)
  expect(github.counted).toBeLessThanOrEqual(40)
  expect(github.findings).toEqual([])
})

it('takes more time where few requests are left', async () => {
  await using all = await scene({ timeout: 30 * MINUTE }, { limit: 30 })
  all.github.repository.run(SHA, { jobs: JOBS }).set('in_progress')
  expect((await all.watch()).kind).toBe('timeout')
  expect(all.github.counted).toBeLessThanOrEqual(30)
  expect(all.github.findings).toEqual([])
})

describe('timelines', () => {
  it('waits for a CI that begins late', async () => {
    await using all = await scene()
    all.github.at(40 * SECOND, () => all.github.repository.run(SHA).finish('success'))
    expect((await all.watch()).kind).toBe('success')
  })

  it('believes a suite more than a list that lags', async () => {
    await using all = await scene({ grace: 20 * SECOND })
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).set('in_progress')
    all.github.listsLagUntil = all.clock.now() + 90 * SECOND
    run.jobs = []
    all.github.at(2 * MINUTE, () => run.finish('success', ['test']))
    expect((await all.watch()).kind).toBe('success')
  })

  it('says that there is no CI', async () => {
    await using all = await scene()
    all.github.repository.suite(SHA, 'dependabot')
    expect((await all.watch()).kind).toBe('no-checks')
    expect(all.seconds()).toBe(60)
  })

  it('names failed jobs, and fails while another workflow runs', async () => {
    await using all = await scene()
    const steps = [
      { name: 'Set up job', conclusion: 'success' },
      { name: 'npm test', conclusion: 'failure' },
    ]
    all.github.repository.run(SHA, { workflow: 'Slow' }).set('in_progress')
    const run = all.github.repository.run(SHA, { jobs: ['build', 'test'] }).set('in_progress')
    all.github.at(30 * SECOND, () => run.job('build', 'success').job('test', 'failure', steps).set('failure'))
    const verdict = await all.watch()
    expect(verdict).toMatchObject({ kind: 'failure', reason: 'CI failed: CI (test)' })
    expect(verdict.items.flatMap(item => item.failedJobs)).toMatchObject([{ name: 'test', steps }])
  })

  it('waits for a re-run within the confirmation time, although the run object lags', async () => {
    await using all = await scene({ confirmFailure: 60 * SECOND })
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).finish('failure')
    all.github.at(25 * SECOND, () => run.rerun(['test'], { keepsAttempt: true, lags: true }))
    all.github.at(3 * MINUTE, () => run.finish('success'))
    expect((await all.watch()).kind).toBe('success')
  })

  it('does not wait through the gap between two jobs', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: ['build'] }).set('in_progress')
    all.github.at(20 * SECOND, () => run.job('build', 'success'))
    all.github.at(100 * SECOND, () => run.job('deploy', 'queued'))
    all.github.at(150 * SECOND, () => run.finish('failure', ['deploy']))
    expect((await all.watch()).reason).toBe('CI failed: CI (deploy)')
  })

  it('tells a cancellation by a newer push from a failure', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).set('in_progress')
    all.github.at(30 * SECOND, () => {
      all.github.repository.push(NEWER)
      run.finish('cancelled')
    })
    expect((await all.watch()).kind).toBe('superseded')
    await using other = await scene()
    other.github.repository.run(SHA).finish('cancelled')
    expect((await other.watch()).kind).toBe('failure')
  })

  it('asks what the target runs only when CI has failed', async () => {
    const asked: number[] = []
    await using all = await scene()
    const deployed = async () => {
      asked.push(all.seconds())
      return NEWER
    }
    const run = all.github.repository.run(SHA).set('in_progress')
    all.github.at(30 * SECOND, () => run.set('failure'))
    expect((await all.watch({ deployed })).kind).toBe('superseded')
    expect(asked).toEqual([30])
  })

  it('waits for a required check of another app', async () => {
    await using all = await scene({ required: [parseNamePattern('codecov/patch')] })
    all.github.repository.run(SHA).finish('success')
    all.github.at(2 * MINUTE, () => all.github.repository.check(SHA, 'codecov/patch', 'success'))
    expect((await all.watch()).kind).toBe('success')
    expect(all.seconds()).toBeGreaterThanOrEqual(120)
  })

  it('lists a job with continue-on-error, and passes', async () => {
    await using all = await scene()
    all.github.repository
      .run(SHA, { jobs: ['test'] })
      .job('infrastructure', 'failure')
      .finish('success', ['test'])
    const verdict = await all.watch()
    expect([verdict.kind, verdict.tolerated.map(({ name }) => name)]).toEqual(['success', ['infrastructure']])
  })

  it('reads 130 check runs', async () => {
    await using all = await scene()
    for (let index = 0; index < 130; index++) {
      all.github.repository.check(SHA, `check ${index}`, index === 129 ? 'failure' : 'success')
    }
    expect((await all.watch()).reason).toBe('CI failed: check 129 (failure)')
  })
})

describe('what goes wrong on the way', () => {
  it('survives bursts of errors, and looks once more at the deadline', async () => {
    await using all = await scene({ timeout: 5 * MINUTE })
    all.github.repository.run(SHA).set('in_progress')
    all.github.failNext({ kind: '502-html', until: all.clock.now() + 4 * MINUTE })
    all.github.at(290 * SECOND, () => all.github.repository.runs[0]?.set('success'))
    expect((await all.watch()).kind).toBe('success')
    expect(all.seconds()).toBe(300)
  })

  it('cannot say anything about a CI that it could not read until the end', async () => {
    await using all = await scene({ timeout: 2 * MINUTE })
    all.github.repository.run(SHA).finish('failure')
    all.github.failNext({ kind: '503', times: 1_000 })
    const verdict = await all.watch()
    expect(verdict).toMatchObject({ kind: 'unreachable', isFinal: true })
    expect(verdict.reason).toMatch(/^CI could not be read: GitHub does not respond: GET .* returned 503/)
  })

  it('ends at once with the permission that is missing', async () => {
    await using all = await scene()
    all.github.permissions = new Set(['actions', 'statuses'])
    expect(await refusal(all.watch())).toMatchObject({ problem: 'permission' })
    expect(all.seconds()).toBe(0)
  })

  it('ends when its token expires, and does not call that a failure of CI', async () => {
    await using all = await scene()
    all.github.repository.run(SHA).set('in_progress')
    all.github.at(50 * SECOND, () => {
      all.github.token = 'another'
    })
    const verdict = await all.watch()
    expect(verdict).toMatchObject({ kind: 'unreachable', isFinal: true })
    expect(verdict.reason).toContain('The GitHub token has expired')
    expect(all.seconds()).toBeLessThan(60)
  })

  it('is ended by its signal', async () => {
    await using all = await scene()
    const signal = AbortSignal.abort(new Error('cancelled'))
    await expect(all.watch({ signal })).rejects.toThrow('cancelled')
  })
})

describe('Gitea', () => {
  it('judges the statuses of its jobs, over all pages', async () => {
    await using all = await scene({}, { service: 'gitea' })
    const { repository } = all.github
    for (let index = 0; index < 60; index++) repository.status(SHA, `CI / job ${index} (push)`, 'success')
    repository.status(SHA, 'CI / skipped (push)', 'skipped')
    repository.status(SHA, 'CI / test (push)', 'pending')
    all.github.at(60 * SECOND, () => repository.status(SHA, 'CI / test (push)', 'failure'))
    expect((await all.watch()).reason).toBe('CI failed: CI / test (push) (failure)')
  })
})

describe('one look', () => {
  it('says what is there, and waits for nothing', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA).set('in_progress')
    expect(await all.once()).toMatchObject({ kind: 'pending', isFinal: false })
    run.set('failure')
    expect(await all.once()).toMatchObject({ kind: 'failure', isFinal: true })
    expect(all.clock.sleeps).toEqual([])
  })

  it('takes what is known besides the lists into account', async () => {
    await using all = await scene({ stableFor: 0 })
    all.github.repository.run(SHA).set('in_progress')
    const amend: WatchContext['amend'] = snapshot => ({
      ...snapshot,
      runs: snapshot.runs.map(run => ({ ...run, status: 'completed', conclusion: 'success' })),
    })
    expect((await all.once({ amend })).kind).toBe('success')
  })
})
