import { describe, expect, it, test } from '@jest/globals'
import { refusal, SHA, world } from './fixture.ts'

const MINUTE = 60_000

describe('conditional requests', () => {
  it('reads what has not changed for nothing', async () => {
    await using all = await world()
    all.github.repository.run(SHA)
    for (let look = 0; look < 5; look++) {
      expect(await all.ci.workflowRuns(SHA, all.within(MINUTE))).toHaveLength(1)
    }
    expect(all.github.requests.map(({ status }) => status)).toEqual([200, 304, 304, 304, 304])
    expect(all.github.counted).toBe(1)
    all.github.repository.run(SHA, { workflow: 'Lint' })
    expect(await all.ci.workflowRuns(SHA, all.within(MINUTE))).toHaveLength(2)
    expect(all.api.budget).toMatchObject({ remaining: 998 })
    expect(all.github.findings).toEqual([])
  })

  it('works where a proxy takes the etags away', async () => {
    await using all = await world({ hasEtags: false })
    for (let look = 0; look < 3; look++) await all.ci.workflowRuns(SHA, all.within(MINUTE))
    expect(all.github.counted).toBe(3)
  })
})

describe('pages', () => {
  it('follows the links, and reads pages that have not changed for nothing', async () => {
    await using all = await world({ prefix: '/api/v3' })
    for (let index = 0; index < 230; index++) all.github.repository.check(SHA, `check ${index}`, 'success')
    expect(await all.ci.checkRuns(SHA, all.within(MINUTE))).toHaveLength(230)
    expect(await all.ci.checkRuns(SHA, all.within(MINUTE))).toHaveLength(230)
    expect(all.github.requests.map(({ status }) => status)).toEqual([200, 200, 200, 304, 304, 304])
    expect(all.github.findings).toEqual([])
  })
})

it('sends one request at a time, in the order of asking', async () => {
  await using all = await world()
  const until = all.within(MINUTE)
  await Promise.all([all.ci.workflowRuns(SHA, until), all.ci.checkRuns(SHA, until), all.ci.statuses(SHA, until)])
  expect(all.github.findings).toEqual([])
  expect(all.github.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['runs', 'check-runs', 'status'])
})

describe('limits', () => {
  test.each([403, 429] as const)('waits as long as Retry-After says (%i)', async status => {
    await using all = await world()
    all.github.failNext({ kind: 'secondary-limit', retryAfter: 42, status })
    await all.ci.workflowRuns(SHA, all.within(MINUTE))
    expect(all.clock.sleeps).toEqual([42_000])
    expect(all.github.findings).toEqual([])
  })

  it('goes by the header of a 429, whatever its words are', async () => {
    await using all = await world()
    all.github.failNext({ kind: 'too-many', retryAfter: 7 })
    await all.ci.workflowRuns(SHA, all.within(MINUTE))
    expect(all.clock.sleeps).toEqual([7_000])
  })

  it('waits a minute where no time is named, and longer each time', async () => {
    await using all = await world()
    all.github.failNext({ kind: 'secondary-limit', times: 3 })
    await all.ci.workflowRuns(SHA, all.within(10 * MINUTE))
    expect(all.clock.sleeps).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE])
    expect(all.github.findings).toEqual([])
  })

  it('waits until the hour is over when its requests are used up', async () => {
    await using all = await world({ limit: 1 })
    await all.ci.workflowRuns(SHA, all.within(MINUTE))
    all.clock.advance(MINUTE)
    await all.ci.checkRuns(SHA, all.within(60 * MINUTE))
    const [slept = 0] = all.clock.sleeps
    expect(slept).toBeGreaterThanOrEqual(59 * MINUTE)
    expect(slept).toBeLessThanOrEqual(59 * MINUTE + 2_000)
    expect(all.github.findings).toEqual([])
  })

  it('does not wait beyond the time of its caller, and does not send earlier afterwards', async () => {
    await using all = await world()
    all.github.failNext({ kind: 'secondary-limit', retryAfter: 90 })
    const thrown = await refusal(all.ci.workflowRuns(SHA, all.within(MINUTE)))
    expect(thrown).toMatchObject({ problem: 'rate-limited', isOutage: true, retryAfter: 90_000 })
    expect(all.clock.sleeps).toEqual([])
    await all.ci.checkRuns(SHA, all.within(5 * MINUTE))
    expect(all.clock.sleeps).toEqual([90_000])
    expect(all.github.findings).toEqual([])
  })

  it('ends at once when the limit it waits for is beyond the time of its caller', async () => {
    await using all = await world()
    all.github.failNext({ kind: 'secondary-limit', retryAfter: 90 })
    await refusal(all.ci.workflowRuns(SHA, all.within(MINUTE)))
    expect(await refusal(all.ci.checkRuns(SHA, all.within(MINUTE)))).toMatchObject({ problem: 'rate-limited' })
    expect(all.github.requests).toHaveLength(1)
  })
})

describe('outages', () => {
  test.each(['500', '502-html', '503', 'empty-200', 'truncated-json', 'reset', 'reset-in-body'] as const)(
    'survives a burst of %s',
    async kind => {
      await using all = await world()
      all.github.repository.run(SHA)
      all.github.failNext({ kind, times: 3 })
      expect(await all.ci.workflowRuns(SHA, all.within(MINUTE))).toHaveLength(1)
      expect(all.clock.sleeps).toEqual([1_000, 2_000, 4_000])
    },
  )

  it('honours Retry-After of a 503', async () => {
    await using all = await world()
    all.github.failNext({ kind: '503', retryAfter: 20 })
    await all.ci.workflowRuns(SHA, all.within(MINUTE))
    expect(all.clock.sleeps).toEqual([20_000])
  })

  it('gives up when the time of its caller is over', async () => {
    const pauses: number[] = []
    await using all = await world({}, { onPause: (_, pause) => pauses.push(pause) })
    all.github.failNext({ kind: '502-html', times: 100 })
    const thrown = await refusal(all.ci.workflowRuns(SHA, all.within(MINUTE)))
    expect(thrown).toMatchObject({ problem: 'unavailable', isOutage: true, status: 502 })
    expect(thrown.message).toBe(`GET /repos/octo-org/shop/actions/runs returned 502.`)
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000])
  })
})

describe('refusals', () => {
  it('names the permission that the token lacks, and does not repeat the request', async () => {
    await using all = await world()
    all.github.permissions = new Set(['actions', 'statuses'])
    const thrown = await refusal(all.ci.checkRuns(SHA, all.within(MINUTE)))
    expect(thrown).toMatchObject({
      problem: 'permission',
      title: 'The GitHub token lacks a permission',
      isOutage: false,
    })
    expect(thrown.message).toBe(
      `GET /repos/octo-org/shop/commits/${SHA}/check-runs returned 403 ("Resource not accessible by integration").`,
    )
    expect(thrown.next).toBe("Add `checks: read` to the job's `permissions`.")
    expect(all.github.requests).toHaveLength(1)
  })

  it('tells a wrong token from one that has expired', async () => {
    await using all = await world()
    const { token } = all.github
    all.github.token = 'another'
    expect(await refusal(all.ci.workflowRuns(SHA, all.within(MINUTE)))).toMatchObject({ problem: 'token' })
    all.github.token = token
    await all.ci.workflowRuns(SHA, all.within(MINUTE))
    all.github.token = 'another'
    const thrown = await refusal(all.ci.workflowRuns(SHA, all.within(MINUTE)))
    expect(thrown).toMatchObject({ problem: 'token-expired', title: 'The GitHub token has expired' })
    expect(`${thrown.message} ${thrown.next}`).not.toContain(token)
  })

  test.each([
    ['gone', 'refused', 410],
    ['moved', undefined, 301],
  ] as const)('%s', async (kind, problem, status) => {
    await using all = await world()
    all.github.repository.run(SHA)
    all.github.failNext({ kind })
    const call = all.ci.workflowRuns(SHA, all.within(MINUTE))
    if (problem === undefined) expect(await call).toHaveLength(1)
    else expect(await refusal(call)).toMatchObject({ problem, status })
    expect(all.github.findings).toEqual([])
  })
})
