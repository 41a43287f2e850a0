import { reasonLine, reasonOf } from '@deploy-actions/core/report/reason'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

describe('reasonOf', () => {
  it('is the title and the message of a failure, and nothing without one', () => {
    expect(reasonOf({ title: 'Invalid compose file', message: 'services.web\n  must be a mapping' })).toBe(
      'Invalid compose file: services.web must be a mapping',
    )
    expect(reasonOf(undefined)).toBe('')
  })
})

describe('reasonLine', () => {
  it('is one line of a readable length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 900 }), text => {
        const reason = reasonLine(text)
        expect(reason).not.toMatch(/[\r\n\u2028]/)
        expect(reason.length).toBeLessThanOrEqual(300)
      }),
    )
  })
})
