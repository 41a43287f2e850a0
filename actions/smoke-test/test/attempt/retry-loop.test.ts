import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type AttemptEnd, pauseAfter } from '../../src/attempt/pause.ts'
import { type AttemptLimits, attemptUntil, type LoopOptions } from '../../src/attempt/retry-loop.ts'
import type { Retry } from '../../src/check.ts'

const RETRY: Retry = {
  attempts: 5,
  initialDelay: 0,
  interval: 1_000,
  backoff: 1,
  maxInterval: 60_000,
  jitter: 0,
  deadline: 60_000,
  successThreshold: 1,
  fatalOn: [],
}
const GOOD: AttemptEnd = { ok: true, isFatal: false }
const BAD: AttemptEnd = { ok: false, isFatal: false }

/** Attempts with ends of a list, the last of them for all that follow; each takes so many milliseconds, or what it may. */
async function play(
  ends: readonly AttemptEnd[],
  retry: Partial<Retry> = {},
  takes = 0,
  more: Partial<LoopOptions> = {},
) {
  const clock = new ManualClock(0)
  const seen: AttemptLimits[] = []
  const options: LoopOptions = {
    retry: { ...RETRY, ...retry },
    timeout: 5_000,
    clock,
    random: () => 0.5,
    end: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...more,
  }
  const outcome = await attemptUntil(async limits => {
    seen.push(limits)
    clock.advance(Math.min(takes, limits.timeout))
    return ends[Math.min(seen.length, ends.length) - 1] ?? BAD
  }, options)
  return { ...outcome, seen, sleeps: clock.sleeps, took: clock.now() }
}

describe('the attempts of a check', () => {
  it('end with the first good one', async () => {
    expect(await play([BAD, BAD, GOOD])).toMatchObject({ ended: 'passed', sleeps: [1_000, 1_000], streak: 1 })
  })

  it('are as many as is said, all in all', async () => {
    const { ended, attempts } = await play([BAD], { attempts: 3 })
    expect([ended, attempts.length]).toEqual(['attempts', 3])
    expect((await play([BAD], { attempts: 1 })).attempts).toHaveLength(1)
  })

  it('start over after a failure when several good ones in a row are needed', async () => {
    const ends = [GOOD, GOOD, BAD, GOOD, GOOD, GOOD, BAD]
    const { ended, attempts } = await play(ends, { attempts: 20, successThreshold: 3 })
    expect([ended, attempts.length]).toEqual(['passed', 6])
  })

  it('are not repeated when the ones that are left cannot be enough', async () => {
    const { ended, attempts } = await play([GOOD, BAD, GOOD], { attempts: 4, successThreshold: 3 })
    expect([ended, attempts.length]).toEqual(['attempts', 2])
  })

  it('end at once with what is fatal', async () => {
    const { ended, attempts } = await play([BAD, { ok: false, isFatal: true }])
    expect([ended, attempts.length]).toEqual(['fatal', 2])
  })

  it('begin after a delay, which the deadline covers', async () => {
    expect(await play([GOOD], { initialDelay: 7_000 })).toMatchObject({ ended: 'passed', took: 7_000 })
    expect(await play([GOOD], { initialDelay: 7_000, deadline: 7_000 })).toMatchObject({
      ended: 'deadline',
      attempts: [],
    })
  })

  it('are cut by the deadline, the last one too', async () => {
    const { ended, seen, took } = await play([BAD], { deadline: 10_000, attempts: 100 }, 5_000)
    expect(ended).toBe('deadline')
    expect(seen.map(({ timeout, left }) => [timeout, left])).toEqual([
      [5_000, 10_000],
      [4_000, 4_000],
    ])
    expect(took).toBe(10_000)
  })

  it("are cut by the run's end", async () => {
    const { ended, took } = await play([BAD], { attempts: 100 }, 3_000, { end: 8_500 })
    expect([ended, took]).toEqual(['deadline', 8_500])
  })

  it('wait as long as the other side asks, when there is time for it', async () => {
    const busy = { ...BAD, asksFor: 20_000 }
    expect((await play([busy, GOOD])).sleeps).toEqual([20_000])
    expect((await play([busy, GOOD], { deadline: 20_000 })).sleeps).toEqual([1_000])
    expect((await play([{ ...BAD, asksFor: 10 }, GOOD])).sleeps).toEqual([1_000])
  })

  it('tell what was seen when they are stopped in an attempt or in a pause', async () => {
    const control = new AbortController()
    const ends = [BAD, BAD]
    const clock = new ManualClock(0)
    const stopped = await attemptUntil(
      async ({ number, signal }) => {
        if (number === 2) control.abort(new Error('cancelled'))
        signal.throwIfAborted()
        return ends[number - 1] ?? BAD
      },
      { retry: RETRY, timeout: 1, clock, random: () => 0, end: 1e9, signal: control.signal },
    )
    expect(stopped).toEqual({ attempts: [BAD], ended: 'aborted', streak: 0 })
  })

  it('pass on what is thrown and no stop', async () => {
    const broken = attemptUntil(() => Promise.reject(new TypeError('a bug')), {
      retry: RETRY,
      timeout: 1,
      clock: new ManualClock(),
      random: () => 0,
      end: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    })
    await expect(broken).rejects.toThrow('a bug')
  })
})

const anyRetry = fc.record({
  attempts: fc.integer({ min: 1, max: 40 }),
  initialDelay: fc.integer({ min: 0, max: 5_000 }),
  interval: fc.integer({ min: 0, max: 10_000 }),
  backoff: fc.double({ min: 1, max: 10, noNaN: true }),
  maxInterval: fc.integer({ min: 0, max: 30_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  deadline: fc.integer({ min: 1, max: 120_000 }),
  successThreshold: fc.integer({ min: 1, max: 5 }),
  fatalOn: fc.constant([]),
})
const anyEnds = fc.array(
  fc.record({
    ok: fc.boolean(),
    isFatal: fc.constant(false),
    asksFor: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 40 },
)

describe('whatever the settings', () => {
  it('keeps to attempts and deadline, and passes only after enough good attempts in a row', async () => {
    await fc.assert(
      fc.asyncProperty(anyRetry, anyEnds, fc.integer({ min: 0, max: 9_000 }), async (retry, ends, takes) => {
        const { ended, attempts, seen, took } = await play(ends, retry, takes)
        expect(attempts.length).toBeLessThanOrEqual(retry.attempts)
        expect(took).toBeLessThanOrEqual(retry.deadline)
        for (const { timeout, left } of seen) expect(timeout).toBeLessThanOrEqual(Math.min(5_000, left))
        const row = attempts.slice(-retry.successThreshold)
        const isEnough = row.length === retry.successThreshold && row.every(({ ok }) => ok)
        expect(ended === 'passed').toBe(isEnough)
      }),
    )
  })

  it('never pauses for longer than the longest interval, but where it is asked to', () => {
    fc.assert(
      fc.property(
        anyRetry,
        fc.integer({ min: 1, max: 400 }),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retry, number, ok, random) => {
          const pause = pauseAfter({ ok, isFatal: false }, number, retry, 1e9, () => random)
          expect(pause).toBeGreaterThanOrEqual(0)
          expect(pause).toBeLessThanOrEqual(retry.maxInterval)
        },
      ),
    )
  })

  it('makes no pause of none, however often it is multiplied', () => {
    const retry = { interval: 0, backoff: 10, maxInterval: 5_000, jitter: 0.1 }
    expect(pauseAfter(BAD, 400, retry, 1e9, () => 0.5)).toBe(0)
  })

  it('grows the pause by the backoff after failures only', () => {
    const retry = { interval: 1_000, backoff: 2, maxInterval: 5_000, jitter: 0 }
    const pauses = (end: AttemptEnd) => [1, 2, 3, 4].map(number => pauseAfter(end, number, retry, 1e9, () => 0.5))
    expect(pauses(BAD)).toEqual([1_000, 2_000, 4_000, 5_000])
    expect(pauses(GOOD)).toEqual([1_000, 1_000, 1_000, 1_000])
  })

  it('varies the pause to both sides by the jitter', () => {
    const retry = { interval: 1_000, backoff: 1, maxInterval: 5_000, jitter: 0.1 }
    expect([0, 0.5, 1].map(random => pauseAfter(BAD, 1, retry, 1e9, () => random))).toEqual([900, 1_000, 1_100])
  })
})
