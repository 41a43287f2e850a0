import { branchOfCancelled, isOnlyCancelled } from '@deploy-actions/core/github/judge/judge'
import { describe, expect, it, test } from '@jest/globals'
import {
  check,
  job,
  lookAt,
  NEWER,
  names,
  OWN_RUN,
  policy,
  run,
  SHA,
  snapshot,
  status,
  WATCHER,
  watch,
} from './fixture.ts'

const failed = run({ conclusion: 'failure' })
const running = run({ status: 'in_progress', conclusion: undefined })
const AFTER_GRACE = { after: 61_000 }

describe('conclusions and statuses', () => {
  test.each([
    ['success', 'success'],
    ['neutral', 'nothing-executed'],
    ['skipped', 'nothing-executed'],
    ['failure', 'failure'],
    ['cancelled', 'failure'],
    ['timed_out', 'failure'],
    ['action_required', 'failure'],
    ['stale', 'failure'],
    ['startup_failure', 'failure'],
    ['a-word-of-the-future', 'failure'],
  ])('a workflow run that ended with %s is %s', (conclusion, kind) => {
    expect(lookAt({ runs: [run({ conclusion })] }, {}, AFTER_GRACE).verdict).toMatchObject({ kind, isFinal: true })
  })

  test.each(['queued', 'in_progress', 'requested', 'waiting', 'pending', 'a-word-of-the-future', ''])(
    'a workflow run that is "%s" is pending',
    word => {
      const { verdict } = lookAt({ runs: [run({ status: word, conclusion: undefined })] }, {}, AFTER_GRACE)
      expect(verdict).toMatchObject({ kind: 'pending', isFinal: false })
    },
  )

  it('waits for a run that is completed and has no conclusion yet', () => {
    expect(lookAt({ runs: [run({ conclusion: undefined })] }).verdict.kind).toBe('pending')
  })

  test.each([
    ['success', 'success'],
    ['failure', 'failure'],
    ['error', 'failure'],
    ['warning', 'failure'],
    ['cancelled', 'failure'],
    ['skipped', 'nothing-executed'],
    ['pending', 'pending'],
    ['running', 'pending'],
    ['', 'pending'],
  ])('a commit status "%s", which Gitea takes too, is %s', (state, kind) => {
    expect(lookAt({ statuses: [status({ state })] }, {}, AFTER_GRACE).verdict.kind).toBe(kind)
  })

  it('takes other conclusions as passed where the policy names them', () => {
    const passing = new Set(['success', 'warning', 'cancelled'])
    const seen = { statuses: [status({ state: 'warning' })], runs: [run({ conclusion: 'cancelled' })] }
    expect(lookAt(seen, { passing }).verdict.kind).toBe('success')
    expect(lookAt({ checks: [check({ conclusion: 'neutral' })] }, { passing }).verdict.kind).toBe('failure')
  })

  it('explains a startup failure', () => {
    const { verdict } = lookAt({ runs: [run({ conclusion: 'startup_failure' })] })
    expect(verdict.reason).toBe(
      'CI failed: CI did not start (startup_failure: its file is not valid, or an action is not in .github/workflows/actions.lock)',
    )
  })

  it('waits for an approval, or leaves its run out', () => {
    const waiting = run({ id: 102, workflowId: '2', name: 'Release', status: 'waiting', conclusion: undefined })
    const seen = { runs: [run(), waiting] }
    expect(lookAt(seen).verdict.kind).toBe('pending')
    expect(lookAt(seen, { onWaiting: 'ignore' }).verdict.kind).toBe('success')
  })
})

describe('the order of the verdicts', () => {
  it('fails although another workflow still runs', () => {
    const other = run({ id: 102, workflowId: '2', name: 'Lint', status: 'in_progress', conclusion: undefined })
    const { verdict } = lookAt({ runs: [failed, other] })
    expect(verdict).toMatchObject({ kind: 'failure', isFinal: true, reason: 'CI failed: CI (failure)' })
  })

  it('calls a failure superseded when the target runs another commit', () => {
    const { verdict } = lookAt({ runs: [failed] }, {}, { deployed: NEWER })
    expect(verdict).toMatchObject({ kind: 'superseded', isFinal: true })
    expect(verdict.reason).toBe('The target runs 8f1a2b3, not 6dcb09b: a newer deploy has replaced it')
    expect(lookAt({ runs: [failed] }, {}, { deployed: SHA }).verdict.kind).toBe('failure')
  })

  it('lets a commit pass although a newer one is deployed', () => {
    expect(lookAt({ runs: [run()] }, {}, { deployed: NEWER }).verdict.kind).toBe('success')
  })

  it('calls cancellations superseded when the branch has moved, and a failure otherwise', () => {
    const cancelled = run({ conclusion: 'cancelled' })
    expect(lookAt({ runs: [cancelled], head: NEWER }).verdict.kind).toBe('superseded')
    expect(lookAt({ runs: [cancelled], head: SHA }).verdict.kind).toBe('failure')
    expect(lookAt({ runs: [cancelled] }).verdict.kind).toBe('failure')
    const other = run({ id: 102, workflowId: '2', conclusion: 'failure' })
    expect(lookAt({ runs: [cancelled, other], head: NEWER }).verdict.kind).toBe('failure')
  })

  it('tells when the head of the branch is of interest', () => {
    const cancelled = snapshot({ runs: [run({ conclusion: 'cancelled', branch: 'develop' })] })
    expect(isOnlyCancelled(cancelled, policy(), WATCHER)).toBe(true)
    expect(branchOfCancelled(cancelled)).toBe('develop')
    expect(isOnlyCancelled(snapshot({ runs: [failed] }), policy(), WATCHER)).toBe(false)
    expect(isOnlyCancelled(snapshot({ runs: [run()] }), policy(), WATCHER)).toBe(false)
  })
})

describe('windows', () => {
  it('waits for CI to appear, and then says that there is none', () => {
    expect(
      watch([
        [0, {}],
        [59, {}],
        [60, {}],
      ]),
    ).toEqual(['(pending)', '(pending)', 'no-checks'])
    expect(lookAt({}).verdict.endsIn).toBe(60_000)
  })

  it('names what is there and does not count', () => {
    const { verdict } = lookAt({ runs: [run({ event: 'schedule' })] }, { events: ['push'] }, AFTER_GRACE)
    expect(verdict.reason).toBe(
      'No CI was found for commit 6dcb09b; 1 run, check or status of the commit do not count (events: push, include, exclude, own workflow)',
    )
  })

  it('waits for a run that a suite announces, until the deadline', () => {
    const suites = [{ id: 1, status: 'queued' }]
    expect(
      watch([
        [0, { suites }],
        [100, { suites }],
        [600, { suites }],
      ]),
    ).toEqual(['(pending)', '(pending)', 'no-checks'])
    expect(watch([[100, { suites: [{ id: 1, status: 'completed' }] }]])).toEqual(['no-checks'])
  })

  it('confirms a failure, unless a re-run begins in time', () => {
    const again = run({ attempt: 2, status: 'queued', conclusion: undefined })
    const rules = { confirmFailure: 30_000 }
    expect(
      watch(
        [
          [0, { runs: [failed] }],
          [29, { runs: [failed] }],
          [30, { runs: [failed] }],
        ],
        rules,
      ),
    ).toEqual(['(pending)', '(pending)', 'failure'])
    const looks = [
      [0, { runs: [failed] }],
      [20, { runs: [again] }],
      [40, { runs: [run({ attempt: 2 })] }],
    ] as const
    expect(watch(looks, rules)).toEqual(['(pending)', '(pending)', 'success'])
    expect(lookAt({ runs: [failed] }, rules).verdict.endsIn).toBe(30_000)
  })

  it('confirms the second failure anew', () => {
    const again = run({ attempt: 2, conclusion: 'failure' })
    const looks = [
      [0, { runs: [failed] }],
      [20, { runs: [again] }],
      [31, { runs: [again] }],
      [50, { runs: [again] }],
    ] as const
    expect(watch(looks, { confirmFailure: 30_000 })).toEqual(['(pending)', '(pending)', '(pending)', 'failure'])
  })

  it('takes a green commit only when it stays green and nothing new appears', () => {
    const late = check({ status: 'queued', conclusion: undefined })
    const looks = [
      [0, { runs: [run()] }],
      [20, { runs: [run()], checks: [late] }],
      [40, { runs: [run()], checks: [check()] }],
      [69, { runs: [run()], checks: [check()] }],
      [70, { runs: [run()], checks: [check()] }],
    ] as const
    expect(watch(looks, { stableFor: 30_000 })).toEqual(['(pending)', '(pending)', '(pending)', '(pending)', 'success'])
  })

  it('looks once more at the deadline: what is green passes, what failed fails, what is open is a timeout', () => {
    const rules = { stableFor: 30_000, confirmFailure: 30_000 }
    expect(
      watch(
        [
          [599, { runs: [running] }],
          [600, { runs: [run()] }],
        ],
        rules,
      ),
    ).toEqual(['(pending)', 'success'])
    expect(
      watch(
        [
          [599, { runs: [running] }],
          [600, { runs: [failed] }],
        ],
        rules,
      ),
    ).toEqual(['(pending)', 'failure'])
    expect(
      watch(
        [
          [599, { runs: [running] }],
          [600, { runs: [running] }],
        ],
        rules,
      ),
    ).toEqual(['(pending)', 'timeout'])
    const { reason } = lookAt({ runs: [running] }, {}, { after: 600_000 }).verdict
    expect(reason).toBe('The time of the watch is over, and CI is not complete: CI (in_progress)')
  })

  it('tells an API that cannot be reached from a CI that failed', () => {
    expect(
      watch([
        [0, undefined],
        [30, { runs: [running] }],
        [600, undefined],
      ]),
    ).toEqual(['(unreachable)', '(pending)', 'unreachable'])
    const { verdict } = lookAt(undefined, {}, { problem: 'GET /x returned 502.', after: 600_000 })
    expect(verdict.reason).toBe('CI could not be read: GET /x returned 502.')
  })

  it('keeps its windows over a look that failed', () => {
    const looks = [
      [0, { runs: [failed] }],
      [20, undefined],
      [30, { runs: [failed] }],
    ] as const
    expect(watch(looks, { confirmFailure: 30_000 })).toEqual(['(pending)', '(unreachable)', 'failure'])
  })
})

describe('re-runs and duplicates', () => {
  it('takes the newest run of a workflow and event', () => {
    const newer = run({ id: 150, conclusion: 'success' })
    expect(lookAt({ runs: [newer, failed] }).verdict.kind).toBe('success')
    expect(lookAt({ runs: [failed, newer] }).verdict.kind).toBe('success')
  })

  it('counts the same workflow for two events twice', () => {
    expect(lookAt({ runs: [run({ id: 150, event: 'pull_request' }), failed] }).verdict.kind).toBe('failure')
  })

  it('waits while a job of a completed run still runs, as the run lags behind a re-run', () => {
    const queued = check({ app: 'github-actions', name: 'test', jobOf: 101, status: 'queued', conclusion: undefined })
    expect(lookAt({ runs: [failed], checks: [queued] }).verdict.kind).toBe('pending')
    const rerun = job({ status: 'in_progress', conclusion: undefined })
    expect(lookAt({ runs: [failed], jobs: [rerun] }).verdict.kind).toBe('pending')
  })

  it('takes the newest check of an app and name, and each of two apps', () => {
    const older = check({ id: 7_000, conclusion: 'failure' })
    expect(lookAt({ checks: [check(), older] }).verdict.kind).toBe('success')
    expect(lookAt({ checks: [check(), { ...older, app: 'other' }] }).verdict.kind).toBe('failure')
  })

  it('takes the status with the highest id of a context, whatever their order', () => {
    const older = status({ id: 8_000, state: 'failure' })
    expect(lookAt({ statuses: [status(), older] }).verdict.kind).toBe('success')
    expect(lookAt({ statuses: [older, status()] }).verdict.kind).toBe('success')
  })

  it('counts a job whose run the lists do not show yet', () => {
    const orphan = check({
      app: 'github-actions',
      name: 'test',
      jobOf: 777,
      status: 'in_progress',
      conclusion: undefined,
    })
    expect(lookAt({ checks: [orphan] }, {}, AFTER_GRACE).verdict.kind).toBe('pending')
  })
})

describe('its own run', () => {
  it('leaves out its own run and jobs, by id, and other runs of its workflow', () => {
    const own = run({ id: OWN_RUN, workflowId: '9', status: 'in_progress', conclusion: undefined })
    const ownJob = check({ app: 'github-actions', jobOf: OWN_RUN, status: 'in_progress', conclusion: undefined })
    const sibling = run({
      id: 901,
      workflowId: '9',
      file: WATCHER.workflowFile,
      status: 'queued',
      conclusion: undefined,
    })
    expect(lookAt({ runs: [own, sibling, run()], checks: [ownJob] }).verdict.kind).toBe('success')
    // In a run for `workflow_run` the list of the commit may not have the own run.
    expect(lookAt({ runs: [run()], checks: [ownJob] }).verdict.kind).toBe('success')
  })

  it('leaves out the statuses of its own jobs on Gitea, and no others', () => {
    const own = status({ context: 'Watch / watch (push)', state: 'pending', url: `${WATCHER.runUrl}/jobs/3` })
    const other = status({ id: 8_002, state: 'pending', url: `${WATCHER.runUrl}9/jobs/3` })
    expect(lookAt({ statuses: [own, status()] }).verdict.kind).toBe('success')
    expect(lookAt({ statuses: [own, other] }).verdict.kind).toBe('pending')
  })
})

describe('filters', () => {
  const lint = run({
    id: 102,
    workflowId: '2',
    name: 'Lint',
    file: '.github/workflows/lint.yml',
    conclusion: 'failure',
  })

  test.each([
    ['a name', 'Lint'],
    ['a file', 'lint.yml'],
    ['the path of a file', '.github/workflows/lint.yml'],
    ['a wildcard', 'Li*'],
    ['a regular expression', '/^l.nt\\.yml$/'],
  ])('excludes by %s', (_, text) => {
    expect(lookAt({ runs: [run(), lint] }).verdict.kind).toBe('failure')
    expect(lookAt({ runs: [run(), lint] }, { exclude: names(text) }).verdict.kind).toBe('success')
    expect(lookAt({ runs: [run(), lint] }, { include: names(text) }).verdict.kind).toBe('failure')
  })

  it('includes checks by app and name', () => {
    const seen = { runs: [lint], checks: [check()] }
    expect(lookAt(seen, { include: names('codecov/codecov/*') }).verdict.kind).toBe('success')
  })

  it('includes what is required', () => {
    const rules = { include: names('CI'), required: names('codecov/*') }
    const seen = { runs: [run(), lint], checks: [check({ conclusion: 'failure' })] }
    expect(lookAt(seen, rules).verdict.reason).toBe('CI failed: codecov/patch (failure)')
  })

  it('counts the events of the policy only', () => {
    const hourly = run({ id: 103, workflowId: '3', event: 'schedule', conclusion: 'failure' })
    expect(lookAt({ runs: [run(), hourly] }, { events: ['push'] }).verdict.kind).toBe('success')
  })

  it('waits for what is required, and names it at the deadline', () => {
    const rules = { required: names('codecov/patch', 'deploy-preview') }
    expect(lookAt({ runs: [run()], checks: [check()] }, rules, AFTER_GRACE).verdict).toMatchObject({
      kind: 'pending',
      reason: 'CI is required and not reported: deploy-preview',
    })
    expect(lookAt({ runs: [run()] }, rules, { after: 600_000 }).verdict.kind).toBe('timeout')
    expect(lookAt({}, rules, { after: 600_000 }).verdict.kind).toBe('no-checks')
    const both = { checks: [check(), check({ id: 7_002, name: 'deploy-preview' })] }
    expect(lookAt(both, rules).verdict.kind).toBe('success')
  })

  it('finds a required job, and fails with it although its run passed', () => {
    const tests = check({ app: 'github-actions', name: 'test (node 24)', jobOf: 101 })
    const rules = { required: names('test (*)') }
    expect(lookAt({ runs: [run()], checks: [tests] }, rules).verdict.kind).toBe('success')
    expect(lookAt({ runs: [run()], checks: [{ ...tests, conclusion: 'failure' }] }, rules).verdict.kind).toBe('failure')
  })

  it('lists what is allowed to fail', () => {
    const { verdict } = lookAt({ runs: [run(), lint] }, { allowFail: names('Lint') })
    expect(verdict).toMatchObject({ kind: 'success', reason: 'CI passed: CI; allowed to fail: Lint' })
  })

  it('lets a run pass when all of its failed jobs are allowed to fail', () => {
    const jobs = [job({ name: 'flaky' }), job({ id: 5_002, name: 'build', conclusion: 'success' })]
    const seen = { runs: [failed, run({ id: 102, workflowId: '2', name: 'Lint' })], jobs }
    expect(lookAt(seen, { allowFail: names('CI / flaky') }).verdict.kind).toBe('success')
    const more = { ...seen, jobs: [...jobs, job({ id: 5_003, name: 'unit' })] }
    expect(lookAt(more, { allowFail: names('flaky') }).verdict.reason).toBe('CI failed: CI (unit)')
  })

  it('only lists a job with continue-on-error', () => {
    const infrastructure = check({
      app: 'github-actions',
      name: 'infrastructure',
      jobOf: 101,
      conclusion: 'failure',
      url: 'https://github.com/octo-org/shop/actions/runs/101/job/7001',
    })
    const { verdict } = lookAt({ runs: [run()], checks: [infrastructure] })
    expect(verdict.kind).toBe('success')
    expect(verdict.tolerated).toEqual([{ name: 'infrastructure', url: infrastructure.url }])
  })
})

it('names the failed jobs', () => {
  const jobs = [job(), job({ id: 5_002, name: 'quality' }), job({ id: 5_003, name: 'build', conclusion: 'success' })]
  const { verdict } = lookAt({ runs: [failed], jobs })
  expect(verdict.reason).toBe('CI failed: CI (test, quality)')
  expect(verdict.items[0]?.failedJobs.map(({ name }) => name)).toEqual(['test', 'quality'])
})

it('shortens a long list of names', () => {
  const checks = Array.from({ length: 7 }, (_, index) =>
    check({ id: index, name: `check ${index}`, conclusion: 'failure' }),
  )
  expect(lookAt({ checks }).verdict.reason).toMatch(/check 4 \(failure\) and 2 more$/)
})
