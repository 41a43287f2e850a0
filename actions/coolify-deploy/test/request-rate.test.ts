import type { FakeCoolifyOptions, SeenRequest } from '@deploy-actions/testkit/coolify/server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'
import { rollBackJob } from '../src/end-of-job.ts'
import { parseUndoLog, UndoLog } from '../src/undo-log.ts'
import { NEW, SHOP, type Stage, stage } from './fixture.ts'

/** The defaults of action.yml. */
const DEFAULTS = { 'poll-interval': '5s', 'stable-for': '10s', 'health-timeout': '2m', 'health-interval': '3s' }
const INTERVAL = 5_000

interface TimedStage extends Stage {
  readonly clock: ManualClock
  /** Runs a deploy to its end, whatever that is. */
  deploy(given?: Record<string, string>): Promise<void>
  /**
   * Runs a deploy with `confirm: job`, and then what the post step does after a later step has failed. `onPost` is called in between.
   * @returns the requests of the post step
   */
  rollBack(given?: Record<string, string>, onPost?: () => void): Promise<readonly SeenRequest[]>
}

/** A run whose time passes only while it sleeps: what is counted does not depend on the machine. */
async function timed(options: FakeCoolifyOptions = {}): Promise<TimedStage> {
  const clock = new ManualClock()
  const timing = { startMs: 1_000, runMs: 30_000, logDelayMs: 1_000, statusLagMs: 60_000, crashMs: 20_000 }
  const apps = [{ ...SHOP, fqdn: 'http://shop.example' }]
  const here = await stage({ apps, clockwork: clock, rateLimit: 200, timing, ...options }, clock)
  const deploy = async (given: Record<string, string> = {}) => {
    await here.run({ ...DEFAULTS, ...NEW, ...given }).catch(() => undefined)
  }
  const rollBack = async (given: Record<string, string> = {}, onPost = () => {}) => {
    const inputs = here.inputs({ ...DEFAULTS, ...NEW, confirm: 'job', ...given })
    await here.run({ ...DEFAULTS, ...NEW, confirm: 'job', ...given })
    const saved = parseUndoLog(here.savedLogs.at(-1) ?? '')
    expect(saved).toMatchObject({ isComplete: true, entries: [{ pending: { verified: {} } }] })
    const before = here.coolify.requests.length
    onPost()
    clock.advance(0)
    const context = { inputs, world: here.world(inputs), undoLog: new UndoLog(() => {}) }
    await rollBackJob(saved, 'A later step of the job failed.', context)
    return here.coolify.requests.slice(before)
  }
  return Object.assign(here, { clock, deploy, rollBack })
}

/** The most requests in any stretch of time of that length. */
function most(requests: readonly SeenRequest[], ms: number): number {
  return Math.max(0, ...requests.map(({ at }) => requests.filter(other => other.at >= at && other.at < at + ms).length))
}

/** Between two phases a run reads and sets a few things, once each. */
const BETWEEN = 8

function expectPaced(requests: readonly SeenRequest[], interval = INTERVAL): void {
  for (const minutes of [1, 5]) {
    expect(most(requests, minutes * 60_000)).toBeLessThanOrEqual((minutes * 60_000) / interval + 2 * BETWEEN)
  }
  expect(most(requests, interval)).toBeLessThanOrEqual(BETWEEN)
  expect(requests.filter(({ status }) => status === 429)).toEqual([])
}

describe('Coolify gets no more than a request per poll interval', () => {
  test.each<[string, FakeCoolifyOptions['apps'], Record<string, string>]>([
    ['while it deploys, and until it has looked at the new container', [{ ...SHOP }], {}],
    ['after a failed deployment', [{ ...SHOP, script: ['failed'] }], {}],
    ['after one whose container was unhealthy', [{ ...SHOP, script: ['unhealthy'] }], {}],
    ['while it rolls back', [{ ...SHOP, script: ['crash-after', 'finished'] }], {}],
    ['when the rollback fails too', [{ ...SHOP, script: ['crash-after', 'failed'] }], {}],
    ['when the new version stops later', [{ ...SHOP, script: ['crash-later', 'finished'] }], {}],
    ['when a deployment takes too long', [{ ...SHOP, script: ['stuck'] }], { 'wait-timeout': '10m' }],
    ['for one that starts without being waited for', [{ ...SHOP }], { wait: 'false' }],
    ['with `stable-for: 0s`', [{ ...SHOP }], { 'stable-for': '0s' }],
    ['with a `stable-for` that is shorter than the interval', [{ ...SHOP }], { 'stable-for': '1s' }],
  ])('%s', async (_, apps, given) => {
    await using here = await timed({ apps: apps ?? [] })
    await here.deploy(given)
    expect(here.coolify.requests.length).toBeGreaterThan(3)
    expectPaced(here.coolify.requests)
  })

  it('when its status of the application is never renewed', async () => {
    for (const script of ['finished', 'failed'] as const) {
      await using here = await timed({
        apps: [{ ...SHOP, script: [script] }],
        timing: { runMs: 30_000, statusLagMs: 24 * 3_600_000 },
      })
      await here.deploy({ 'health-timeout': '10m' })
      expectPaced(here.coolify.requests)
    }
  })

  it('while another deployment of the same commit is in the way', async () => {
    await using here = await timed({ apps: [{ ...SHOP, build_pack: 'nixpacks', runMs: 240_000 }] })
    const headers = { authorization: `Bearer ${here.coolify.token('deploy')}`, accept: 'application/json' }
    await fetch(`${here.coolify.url}/api/v1/deploy?uuid=shop`, { method: 'POST', headers })
    here.clock.advance(2_000)
    await here.deploy({ 'image-tag': '' })
    expectPaced(here.coolify.requests)
  })

  it('once the run is cancelled', async () => {
    await using here = await timed({ apps: [{ ...SHOP, script: ['stuck'] }] })
    here.clock.after(60_000, () => here.controller.abort(new Error('cancelled')))
    await here.deploy()
    expect(here.coolify.deployments[0]?.status).toBe('cancelled-by-user')
    expectPaced(here.coolify.requests)
  })

  it('while it is gone', async () => {
    for (const from of [0, 20_000, 40_000]) {
      await using here = await timed()
      here.clock.after(from, () => here.coolify.failNext({ kind: 'reset', until: here.clock.now() + 90_000 }))
      here.clock.advance(0)
      await here.deploy()
      expect(here.coolify.runningTag('shop')).toBe('sha-0000002')
      expectPaced(here.coolify.requests)
    }
  })

  test.each<[string, FakeCoolifyOptions['apps'], Record<string, string>]>([
    ['rolls back', [{ ...SHOP }], {}],
    ['rolls back and the deployment fails', [{ ...SHOP, script: ['finished', 'failed'] }], {}],
    ['rolls back and the container is unhealthy', [{ ...SHOP, script: ['finished', 'unhealthy'] }], {}],
    ['rolls back and the container stops at once', [{ ...SHOP, script: ['finished', 'crash-after'] }], {}],
    ['rolls back and the deployment hangs', [{ ...SHOP, script: ['finished', 'stuck'] }], { 'wait-timeout': '10m' }],
  ])('while the post step %s', async (_, apps, given) => {
    await using here = await timed({ apps: apps ?? [] })
    const requests = await here.rollBack(given)
    expect(requests.filter(({ method, path }) => method === 'POST' && path === '/deploy')).toHaveLength(1)
    expect(requests.length).toBeGreaterThan(3)
    expectPaced(requests)
  })

  it('while it is gone and the post step rolls back', async () => {
    for (const from of [0, 20_000, 40_000]) {
      await using here = await timed()
      const requests = await here.rollBack({}, () =>
        here.clock.after(from, () => here.coolify.failNext({ kind: 'reset', until: here.clock.now() + 90_000 })),
      )
      expect(here.coolify.runningTag('shop')).toBe('sha-0000001')
      expectPaced(requests)
    }
  })

  it('and forty resources share half of the requests that it allows', async () => {
    const apps = Array.from({ length: 40 }, (_, index) => ({ ...SHOP, uuid: `app${index}`, name: `app${index}` }))
    await using here = await timed({ apps, concurrentBuilds: 40, queueLimit: 100, rateLimit: 10_000 })
    const webhook = apps.map(({ uuid }) => here.coolify.webhook(uuid)).join('\n')
    await here.deploy({ webhook })
    const { requests } = here.coolify
    const begun = requests.filter(({ method }) => method === 'POST').at(-1)?.at ?? 0
    expect(
      most(
        requests.filter(({ at }) => at > begun + 1_000),
        60_000,
      ),
    ).toBeLessThanOrEqual(120)
  })
})

describe('Retry-After is kept', () => {
  /** Nothing of the kind is requested before the time that a response has named. */
  function expectKept(requests: readonly SeenRequest[], isMeant: (request: SeenRequest) => boolean): void {
    const named = requests.filter(request => isMeant(request) && request.retryAfter !== undefined)
    expect(named.length).toBeGreaterThan(0)
    for (const { at, retryAfter = 0 } of named) {
      const early = requests.filter(other => isMeant(other) && other.at > at && other.at < at + retryAfter * 1_000)
      expect(early).toEqual([])
    }
  }

  test.each([1, 3, 5, 7, 9, 12])('of a rate limit of %i requests a minute', async rateLimit => {
    await using here = await timed({ rateLimit })
    await here.deploy()
    expectKept(here.coolify.requests, () => true)
    expect(here.coolify.runningTag('shop')).toBe('sha-0000002')
    expect(here.log.text).not.toMatch(/is still set/)
  })

  it('of a full queue', async () => {
    await using here = await timed({ queueLimit: 0, queueRetryAfter: 45 })
    await here.deploy()
    expectKept(here.coolify.requests, ({ path }) => path === '/deploy')
  })

  test.each([0, 10_000, 40_000, 60_000])('of maintenance that begins after %i ms', async from => {
    await using here = await timed()
    here.clock.after(from, () =>
      here.coolify.failNext({ kind: '503-html', until: here.clock.now() + 80_000, retryAfter: 60 }),
    )
    here.clock.advance(0)
    await here.deploy()
    expectKept(here.coolify.requests, () => true)
    expect(here.coolify.runningTag('shop')).toBe('sha-0000002')
  })
  test.each([1, 3, 5, 7, 9, 12])('of a rate limit of %i requests a minute, in the post step', async rateLimit => {
    await using here = await timed({ rateLimit })
    expectKept(await here.rollBack(), () => true)
    expect(here.coolify.runningTag('shop')).toBe('sha-0000001')
  })

  test.each([0, 10_000, 40_000, 60_000])('of maintenance that begins %i ms after the post step', async from => {
    await using here = await timed()
    const maintenance = () =>
      here.coolify.failNext({ kind: '503-html', until: here.clock.now() + 80_000, retryAfter: 60 })
    expectKept(await here.rollBack({}, () => here.clock.after(from, maintenance)), () => true)
    expect(here.coolify.runningTag('shop')).toBe('sha-0000001')
  })
})
