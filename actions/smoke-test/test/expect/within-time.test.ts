import { describe, expect, it } from '@jest/globals'
import { withinTime } from '../../src/expect/within-time.ts'

describe('withinTime', () => {
  it('gives what the work gives', () => {
    expect(withinTime(5_000, () => 'done')).toEqual({ isLate: false, value: 'done' })
    expect(withinTime(5_000, () => undefined)).toEqual({ isLate: false, value: undefined })
  })

  it('throws what the work throws', () => {
    const thrown = new RangeError('too deep')
    const work = () => {
      throw thrown
    }
    expect(() => withinTime(5_000, work)).toThrow(thrown)
  })

  it('ends work that takes too long, and that would not be ended by an error', () => {
    const endless = () => {
      for (;;) {
        try {
          while (true);
        } catch {}
      }
    }
    expect(withinTime(50, endless)).toEqual({ isLate: true })
    expect(withinTime(5_000, () => 1)).toEqual({ isLate: false, value: 1 })
  })
})
