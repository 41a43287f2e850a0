import { describe, expect, it, test } from '@jest/globals'
import { NEWER, refusal, SHA, world } from './fixture.ts'

const MINUTE = 60_000
const FORCED = 'f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3cd'

describe('the rows of a snapshot', () => {
  it('are runs, jobs with their steps, check runs, statuses and suites', async () => {
    await using all = await world()
    const { repository } = all.github
    const run = repository.run(SHA, { jobs: ['build'] })
    run.job('test', 'failure', [{ name: 'npm test', conclusion: 'failure' }]).set('failure')
    const check = repository.check(SHA, 'codecov/patch', 'in_progress')
    const custom = repository.check(SHA, 'report', 'success', { app: 'github-actions' })
    const status = repository.status(SHA, 'ci/build', 'pending', 'https://ci.example/1')
    repository.suite(SHA, 'dependabot')
    const until = all.within(MINUTE)
    const page = `${all.github.url}/octo-org/shop/actions/runs/${run.id}`
    expect(await all.ci.workflowRuns(SHA, until)).toEqual([
      {
        id: run.id,
        workflowId: expect.stringMatching(/^\d+$/),
        name: 'CI',
        file: '.github/workflows/ci.yml',
        event: 'push',
        branch: 'main',
        attempt: 1,
        status: 'completed',
        conclusion: 'failure',
        url: page,
      },
    ])
    const [build, test] = run.latestJobs().map(({ id }) => id)
    expect(await all.ci.jobs(run.id, until)).toEqual([
      {
        id: build,
        runId: run.id,
        name: 'build',
        status: 'queued',
        conclusion: undefined,
        url: `${page}/job/${build}`,
        steps: [],
      },
      {
        ...{
          id: test,
          runId: run.id,
          name: 'test',
          status: 'completed',
          conclusion: 'failure',
          url: `${page}/job/${test}`,
        },
        steps: [{ name: 'npm test', conclusion: 'failure' }],
      },
    ])
    const checks = await all.ci.checkRuns(SHA, until)
    expect(checks.map(({ name, app, jobOf }) => ({ name, app, jobOf }))).toEqual([
      { name: 'build', app: 'github-actions', jobOf: run.id },
      { name: 'test', app: 'github-actions', jobOf: run.id },
      { name: 'codecov/patch', app: 'codecov', jobOf: undefined },
      { name: 'report', app: 'github-actions', jobOf: undefined },
    ])
    expect(checks.map(({ id }) => id)).toEqual([build, test, check.id, custom.id])
    expect(await all.ci.statuses(SHA, until)).toEqual([
      { id: status.id, context: 'ci/build', state: 'pending', url: 'https://ci.example/1' },
    ])
    // Those of other apps are there for each push.
    expect(await all.ci.checkSuites(SHA, until)).toEqual([{ id: run.suite, status: 'completed' }])
    expect(all.github.findings).toEqual([])
  })

  it('has no jobs of a run that was deleted', async () => {
    await using all = await world()
    expect(await all.ci.jobs(1, all.within(MINUTE))).toEqual([])
  })
})

describe('the head of a branch', () => {
  it('is a commit, or nothing when the branch is gone', async () => {
    await using all = await world()
    all.github.repository.push(NEWER, 'feature/new look')
    expect(await all.ci.branchHead('feature/new look', all.within(MINUTE))).toBe(NEWER)
    expect(await all.ci.branchHead('gone', all.within(MINUTE))).toBeUndefined()
  })
})

describe.each(['github', 'gitea'] as const)('a comparison on %s', service => {
  test.each([
    ['identical', SHA, SHA],
    ['ahead', SHA, NEWER],
    ['behind', NEWER, SHA],
    ['diverged', NEWER, FORCED],
    [undefined, 'e'.repeat(40), SHA],
  ] as const)('%s', async (relation, base, head) => {
    await using all = await world({ service })
    all.github.repository.push(NEWER)
    all.github.repository.push(FORCED, 'main', SHA)
    expect(await all.ci.compare(base, head, all.within(MINUTE))).toBe(relation)
    expect(all.github.findings).toEqual([])
  })
})

describe('Gitea and Forgejo', () => {
  it('are known by trying: no check runs, and a version', async () => {
    await using gitea = await world({ service: 'gitea' })
    expect(await gitea.ci.hasCheckRuns(SHA, gitea.within(MINUTE))).toBe(false)
    await using github = await world()
    expect(await github.ci.hasCheckRuns(SHA, github.within(MINUTE))).toBe(true)
    // GitHub hides a private repository so.
    const hidden = await refusal(github.ci.hasCheckRuns('nowhere', github.within(MINUTE)))
    expect(hidden).toMatchObject({ problem: 'not-found' })
    expect(hidden.next).toContain('`checks: read`')
  })

  it('have the statuses of all pages, with links that lead to the server', async () => {
    await using all = await world({ service: 'gitea' })
    const { repository, url } = all.github
    expect(await all.ci.statuses(SHA, all.within(MINUTE))).toEqual([])
    for (let index = 0; index < 70; index++)
      repository.status(SHA, `CI / job ${index} (push)`, 'success', '/octo-org/shop/actions/runs/7/jobs/1')
    const found = await all.ci.statuses(SHA, all.within(MINUTE))
    expect(found).toHaveLength(70)
    expect(found[0]?.url).toBe(`${url}/octo-org/shop/actions/runs/7/jobs/1`)
    expect(await all.ci.branchHead('main', all.within(MINUTE))).toBe(SHA)
  })
})
