import { FakeGitHub, type FakeGitHubOptions } from '@deploy-actions/testkit/github/server'
import { describe, expect, it, test } from '@jest/globals'

const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const HOME = '/repos/octo-org/shop'
const RUNS = `${HOME}/actions/runs?head_sha=${SHA}`

async function world(options: FakeGitHubOptions = {}) {
  const github = await FakeGitHub.start(options)
  github.repository.push(SHA)
  const read = (path: string, headers: Record<string, string> = {}) =>
    fetch(path.startsWith('http') ? path : `${github.apiUrl}${path}`, {
      headers: { authorization: `token ${github.token}`, 'x-github-api-version': '2022-11-28', ...headers },
      redirect: 'manual',
    })
  return { github, read, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() }
}

describe('conditional requests', () => {
  it('answers 304 without counting it, and by the token', async () => {
    await using all = await world()
    const first = await all.read(RUNS)
    const etag = first.headers.get('etag') ?? ''
    const again = await all.read(RUNS, { 'if-none-match': etag })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    expect(again.headers.get('x-ratelimit-remaining')).toBe(first.headers.get('x-ratelimit-remaining'))
    all.github.token = 'another'
    expect((await all.read(RUNS, { authorization: 'token another', 'if-none-match': etag })).status).toBe(200)
    expect(all.github.counted).toBe(2)
  })

  it('has another etag for another answer', async () => {
    await using all = await world()
    const etag = (await all.read(RUNS)).headers.get('etag') ?? ''
    all.github.repository.run(SHA)
    expect((await all.read(RUNS, { 'if-none-match': etag })).status).toBe(200)
  })
})

describe('pages', () => {
  it('has links to follow, by the number of the repository', async () => {
    await using all = await world({ prefix: '/api/v3' })
    for (let index = 0; index < 130; index++) all.github.repository.check(SHA, `check ${index}`, 'success')
    const first = await all.read(`${HOME}/commits/${SHA}/check-runs?per_page=100`)
    expect(Object(await first.json())).toMatchObject({ total_count: 130, check_runs: { length: 100 } })
    const [, next = ''] = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '') ?? []
    expect(next).toContain('/api/v3/repositories/1296269/commits/')
    const second = await all.read(next)
    expect(Object(await second.json())).toMatchObject({ total_count: 130, check_runs: { length: 30 } })
    expect(second.headers.get('link')).not.toContain('rel="next"')
    const beyond = await all.read(`${HOME}/commits/${SHA}/check-runs?per_page=100&page=9`)
    expect([beyond.status, Object(await beyond.json()).check_runs]).toEqual([200, []])
  })

  it('has 30 entries on a page unless asked, and cuts at 100', async () => {
    await using all = await world()
    for (let index = 0; index < 130; index++) all.github.repository.run(SHA, { workflow: `W${index}` })
    expect(Object(await (await all.read(RUNS)).json()).workflow_runs).toHaveLength(30)
    expect(Object(await (await all.read(`${RUNS}&per_page=500`)).json()).workflow_runs).toHaveLength(100)
    expect(all.github.findings).toEqual(['GET /repos/{owner}/{repo}/actions/runs: per_page is over 100'])
  })
})

describe('refusals', () => {
  test.each([
    ['a wrong token', RUNS, 401, 'Bad credentials', { authorization: 'token wrong' }],
    ['no token', RUNS, 401, 'Bad credentials', { authorization: '' }],
    [
      'an unknown commit',
      `${HOME}/commits/${'f'.repeat(40)}/check-runs`,
      422,
      `No commit found for SHA: ${'f'.repeat(40)}`,
      {},
    ],
    ['an unknown branch', `${HOME}/branches/nowhere`, 404, 'Branch not found', {}],
    ['an unknown run', `${HOME}/actions/runs/1/jobs`, 404, 'Not Found', {}],
    ['an unknown commit of a comparison', `${HOME}/compare/${SHA}...${'f'.repeat(40)}`, 404, 'Not Found', {}],
  ])('%s', async (_, path, status, message, headers) => {
    await using all = await world()
    const response = await all.read(path, headers)
    expect([response.status, Object(await response.json()).message]).toEqual([status, message])
  })

  it('names the permission that a token lacks', async () => {
    await using all = await world()
    all.github.permissions = new Set(['checks'])
    const response = await all.read(RUNS)
    expect([response.status, response.headers.get('x-accepted-github-permissions')]).toEqual([403, 'actions=read'])
  })

  it('has a finding for a call that is not scripted, and for a query that GitHub does not have', async () => {
    await using all = await world()
    expect((await all.read('/repos/octo-org/shop/pulls')).status).toBe(404)
    await all.read(`${RUNS}&limit=50`)
    expect(all.github.findings).toEqual([
      'a call that GitHub does not have, or the fake does not: /repos/octo-org/shop/pulls',
      'GET /repos/{owner}/{repo}/actions/runs does not take limit',
    ])
  })
})

describe('limits', () => {
  it('has a primary one, until the hour is over', async () => {
    let now = Date.UTC(2026, 0, 1)
    await using all = await world({ limit: 2, now: () => now })
    await all.read(RUNS)
    expect((await all.read(RUNS)).headers.get('x-ratelimit-remaining')).toBe('0')
    const refused = await all.read(RUNS)
    expect([refused.status, refused.headers.get('x-ratelimit-reset')]).toEqual([403, String((now + 3_600_000) / 1_000)])
    now += 3_600_000
    expect((await all.read(RUNS)).status).toBe(200)
    expect(all.github.findings).toEqual([])
  })

  it('has a finding for a request before Retry-After is over', async () => {
    let now = Date.UTC(2026, 0, 1)
    await using all = await world({ now: () => now })
    all.github.failNext({ kind: 'secondary-limit', retryAfter: 30 })
    expect((await all.read(RUNS)).headers.get('retry-after')).toBe('30')
    now += 29_000
    await all.read(RUNS)
    now += 1_000
    await all.read(RUNS)
    expect(all.github.findings).toEqual(['a request before the limit has ended: /repos/octo-org/shop/actions/runs'])
  })
})

describe('a re-run', () => {
  it('keeps run and suite, and has new jobs; the jobs of an earlier attempt are gone from the newest ones', async () => {
    await using all = await world()
    const run = all.github.repository.run(SHA, { jobs: ['build', 'test'] }).finish('failure')
    const before = run.latestJobs().map(({ id }) => id)
    run.rerun(['test'])
    const [first] = Object(await (await all.read(RUNS)).json()).workflow_runs
    expect(first).toMatchObject({ id: run.id, run_attempt: 2, status: 'queued', conclusion: null })
    const { jobs } = Object(await (await all.read(`${HOME}/actions/runs/${run.id}/jobs`)).json())
    expect(jobs).toMatchObject([{ name: 'test', status: 'queued' }])
    expect(before).not.toContain(jobs[0].id)
    const checks = Object(await (await all.read(`${HOME}/commits/${SHA}/check-runs`)).json()).check_runs
    expect(checks).toMatchObject([
      { name: 'build', conclusion: 'failure' },
      { name: 'test', conclusion: null },
    ])
  })
})

it('follows a script by its clock', async () => {
  let now = Date.UTC(2026, 0, 1)
  await using all = await world({ now: () => now })
  all.github.at(5_000, () => all.github.repository.run(SHA))
  const count = async () => Object(await (await all.read(RUNS)).json()).total_count
  expect(await count()).toBe(0)
  now += 5_000
  expect(await count()).toBe(1)
})

describe('as Gitea', () => {
  it('has statuses with its own keys, by pages of 50, and no check runs', async () => {
    await using all = await world({ service: 'gitea' })
    const path = `${HOME}/commits/${SHA}/status`
    expect(Object(await (await all.read(path)).json())).toMatchObject({
      state: 'pending',
      total_count: 0,
      statuses: null,
    })
    for (let index = 0; index < 60; index++)
      all.github.repository.status(SHA, `c${index}`, index === 0 ? 'failure' : 'success')
    const first = await all.read(`${path}?limit=100&per_page=100`)
    const page = Object(await first.json())
    // The failure is on the second page.
    expect(page).toMatchObject({ state: 'success', total_count: 50, statuses: { length: 50 } })
    expect(page.statuses[0]).toMatchObject({ status: 'success', creator: null })
    expect([first.headers.get('x-total-count'), first.headers.get('etag')]).toEqual(['60', null])
    const none = await all.read(`${HOME}/commits/${SHA}/check-runs`)
    expect([none.status, await none.text()]).toEqual([404, '404 page not found\n'])
    expect(Object(await (await all.read('/version')).json())).toEqual({ version: '1.27.3' })
  })
})
