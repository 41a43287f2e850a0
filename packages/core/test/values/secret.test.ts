import { inspect } from 'node:util'
import { maskableForms, redact, Secret } from '@deploy-actions/core/values/secret'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

describe('Secret', () => {
  const secret = new Secret('hunter2-hunter2')
  it.each([
    ['a template', () => `${secret}`],
    ['concatenation', () => `x${String(secret)}`],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
  ])('is not printed by %s', (_, print) => {
    expect(print()).toContain('[secret]')
    expect(print()).not.toContain('hunter2')
  })
})

describe('redact', () => {
  it('leaves no line, base64, JSON or URL form of a secret', () => {
    const value = 'first "line" is long\nsecond/line+is=long'
    const text = [
      value,
      JSON.stringify({ value }),
      encodeURIComponent('second/line+is=long'),
      Buffer.from(value).toString('base64'),
    ].join(' ')
    const clean = redact(text, [new Secret(value)])
    expect(clean).not.toMatch(/first|second/)
    expect(clean).not.toContain(Buffer.from(value).toString('base64'))
  })

  it('finds a secret inside the base64 of a longer text at any alignment', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40 }), fc.string({ maxLength: 9 }), (value, before) => {
        fc.pre(value.trim() === value && !value.includes('\n') && !value.includes('\r'))
        const encoded = Buffer.from(`${before}${value}and more`).toString('base64')
        expect(maskableForms(value).some(form => encoded.includes(form))).toBe(true)
      }),
    )
  })

  it('does not mask texts so short that they stand everywhere', () => {
    expect(maskableForms('a\n-b\n')).not.toContain('-b')
  })
})
