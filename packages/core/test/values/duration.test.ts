import { formatDuration, parseDuration } from '@deploy-actions/core/values/duration'
import { describe, expect, it } from '@jest/globals'

describe('parseDuration', () => {
  it.each([
    ['300ms', 300],
    ['5s', 5_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['28d', 2_419_200_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it('refuses a bare number with the hint', () => {
    expect(() => parseDuration('30')).toThrow('write 30s for seconds or 30m for minutes')
  })

  it.each(['', 'soon', '5 s', '-5s', '5s!', 's'])('refuses "%s"', text => {
    expect(() => parseDuration(text)).toThrow('not a duration')
  })
})

describe('formatDuration', () => {
  it.each([
    [850, '850 ms'],
    [4_200, '4.2 s'],
    [42_000, '42 s'],
    [125_000, '2 m 5 s'],
    [120_000, '2 m'],
    [3_780_000, '1 h 3 m'],
  ])('tells %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
