import { describe, expect, it } from '@jest/globals'
import { momentDates } from '../src/dates.ts'

describe('momentDates', () => {
  const instant = new Date('2026-10-14T09:26:53.589Z')

  it.each([
    ['YYYYMMDD-HHmmss z', 'Asia/Tokyo', '20261014-182653 JST'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', 'Asia/Tokyo', 'Wednesday, October 14th 2026, 6:26:53 pm'],
    ['GGGG.[w]WW', 'UTC', '2026.w42'],
    ['HH:mm Z z', 'america/sao_paulo', '06:26 -03:00 -03'],
    ['', 'UTC', '2026-10-14T09:26:53Z'],
  ])('shows %s in %s', (format, zone, expected) => {
    expect(momentDates.isZone(zone)).toBe(true)
    expect(momentDates.format(instant, format, zone)).toBe(expected)
  })

  it.each(['Mars/Base', 'PST', 'JST', '+05:30', ''])('knows no zone %s', name => {
    expect(momentDates.isZone(name)).toBe(false)
  })

  it('says of no date that it is none', () => {
    expect(momentDates.format(new Date('?'), 'YYYY', undefined)).toBe('Invalid date')
  })
})
