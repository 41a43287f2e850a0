import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import moment from 'moment-timezone'
import { formatDate } from '../src/date-format.ts'
import { machineClock, zoneClock } from '../src/zone.ts'

const PARTS =
  'Q Qo M MM Mo MMM MMMM D DD Do DDD DDDD DDDo d do dd ddd dddd e E w ww wo W WW Wo wa YY YYYY YYYYY YYYYYY y yo yy yyy yyyy N NN NNN NNNN NNNNN ' +
  'gg gggg ggggg GG GGGG GGGGG H HH h hh k kk m mm s ss S SS SSS SSSS SSSSS SSSSSS SSSSSSS SSSSSSSS SSSSSSSSS a A X x Z ZZ z zz hmm hmmss Hmm Hmmss ' +
  'LT LTS L LL LLL LLLL l ll lll llll [at] \\h \\ [ ] [a[b] ü - . _'
const ZONES = [
  'UTC',
  'Asia/Tokyo',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'australia/lord_howe',
]
/** Years in which this node and that library agree on every zone above. */
const instants = fc.date({ min: new Date('2024-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })

describe('formatDate', () => {
  it.each([
    ['YYYYMMDD', '20261014'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', 'Wednesday, October 14th 2026, 6:26:53 pm'],
    ['YYYYMMDD-HHmmss z', '20261014-182653 JST'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2026-10-14T18:26:53.589Z'],
    ['GGGG.[w]WW', '2026.w42'],
    ['LLLL', 'Wednesday, October 14, 2026 6:26 PM'],
    ['', '2026-10-14T18:26:53+09:00'],
  ])('shows %s in Tokyo', (format, expected) => {
    const instant = new Date('2026-10-14T09:26:53.589Z')
    const clock = zoneClock('Asia/Tokyo', instant)
    expect(clock && formatDate(instant, format, clock)).toBe(expected)
  })

  it('shows what the library shows whose format language this is', () => {
    const formats = fc
      .array(fc.constantFrom(...PARTS.split(' '), ' '), { minLength: 1, maxLength: 8 })
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(instants, formats, fc.constantFrom(...ZONES), (instant, format, zone) => {
        const clock = zoneClock(zone, instant)
        expect(clock && formatDate(instant, format, clock)).toBe(moment(instant).tz(zone).format(format))
      }),
      { numRuns: 3_000 },
    )
  })

  it('knows the weeks at every turn of a year', () => {
    for (let year = 2000; year < 2040; year++) {
      for (const day of ['-12-28', '-12-29', '-12-31', '-01-01', '-01-03', '-01-04', '-01-05']) {
        const instant = new Date(`${year}${day}T12:00:00Z`)
        const clock = { offset: 0, abbreviation: 'UTC', isUtc: true }
        const format = 'gggg-ww GGGG-WW DDDD'
        expect(formatDate(instant, format, clock)).toBe(moment.utc(instant).format(format))
      }
    }
  })

  it('says of no date that it is none', () => {
    expect(formatDate(new Date('?'), 'YYYY', { offset: 0, abbreviation: '', isUtc: true })).toBe('Invalid date')
  })
})

describe('zoneClock', () => {
  /** Zones whose rules changed in 2026: what node knows of them depends on its own release. */
  const CHANGED = /Casablanca|El_Aaiun|Edmonton|Yellowknife|Inuvik|Cambridge_Bay|Mountain|Vancouver|Pacific/

  it('gives every zone of the database its letters or digits', () => {
    const wrong: string[] = []
    for (const zone of moment.tz.names().filter(name => !CHANGED.test(name))) {
      for (const instant of [new Date('2025-01-15T12:00:00Z'), new Date('2031-07-15T12:00:00Z')]) {
        const expected = moment(instant).tz(zone)
        const clock = zoneClock(zone, instant)
        if (clock?.abbreviation !== expected.format('z') || clock.offset !== expected.utcOffset()) wrong.push(zone)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(['Mars/Base', 'PST', 'JST', '+05:30', ''])('has no clock for %s', name => {
    expect(zoneClock(name, new Date())).toBeUndefined()
  })
})

describe('machineClock', () => {
  it('has no name', () => {
    const instant = new Date('2026-10-14T09:26:53.589Z')
    expect(formatDate(instant, 'YYYY-MM-DD HH:mm Z z', machineClock(instant))).toBe(
      moment(instant).format('YYYY-MM-DD HH:mm Z z'),
    )
  })
})
