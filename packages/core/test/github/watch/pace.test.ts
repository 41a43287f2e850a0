import { type Moment, pauseBeforeLook } from '@deploy-actions/core/github/watch/pace'
import { expect, it, test } from '@jest/globals'
import fc from 'fast-check'

const PACE = { shortest: 10_000, longest: 60_000 }
const MOMENT: Moment = { elapsed: 0, left: 3_600_000, endsIn: undefined, budget: undefined, random: 0.5 }
const pause = (more: Partial<Moment>) => Math.round(pauseBeforeLook({ ...MOMENT, ...more }, PACE))

test.each([
  ['at the start', {}, 10_000],
  ['after two minutes', { elapsed: 120_000 }, 18_000],
  ['after an hour', { elapsed: 3_600_000 }, 60_000],
  ['with jitter down', { random: 0 }, 9_000],
  ['with jitter up', { random: 1 }, 11_000],
  ['before a window ends', { elapsed: 3_600_000, endsIn: 4_000 }, 4_000],
  ['before the deadline', { left: 2_500 }, 2_500],
  ['with a full budget', { budget: { remaining: 990, resetsIn: 3_600_000 } }, 10_000],
  ['with a budget that is nearly used up', { budget: { remaining: 12, resetsIn: 600_000 } }, 100_000],
  ['with none left', { budget: { remaining: 0, resetsIn: 600_000 } }, 600_000],
])('%s', (_, more, expected) => {
  expect(pause(more)).toBe(expected)
})

it('never goes beyond a window or the deadline, and never stands still', () => {
  const ms = fc.nat({ max: 10_000_000 })
  const budget = fc.option(fc.record({ remaining: fc.nat({ max: 5_000 }), resetsIn: fc.nat({ max: 3_600_000 }) }), {
    nil: undefined,
  })
  fc.assert(
    fc.property(
      ms,
      ms,
      fc.option(ms, { nil: undefined }),
      budget,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (elapsed, left, endsIn, rest, random) => {
        const found = pauseBeforeLook({ elapsed, left, endsIn, budget: rest, random }, PACE)
        expect(found).toBeGreaterThanOrEqual(1)
        expect(found).toBeLessThanOrEqual(Math.max(1, Math.min(left, endsIn ?? left)))
      },
    ),
  )
})
