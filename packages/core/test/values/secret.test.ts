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

  const value = 'Ab/cd&ef <gh ij+9é"Z'
  it.each([
    ['JSON with escaped slashes', JSON.stringify(value).replaceAll('/', '\\/')],
    ['JSON that is safe in HTML', JSON.stringify(value).replaceAll('&', '\\u0026').replaceAll('<', '\\u003C')],
    ['JSON in ASCII', JSON.stringify(value).replaceAll('é', '\\u00e9')],
    ['HTML', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;')],
    ['HTML with numbers', value.replaceAll('&', '&#x26;').replaceAll('"', '&#034;')],
    ['a form', new URLSearchParams({ value }).toString()],
    ['a URL', new URL(`https://x.example.org/?value=${value}`).href],
    ['small escapes', encodeURIComponent(value).replace(/%../g, found => found.toLowerCase())],
  ])('leaves no secret in the escapes of %s', (_, text) => {
    expect(redact(text, [new Secret(value)])).not.toMatch(/Ab|cd|ef|gh|ij|9|Z/)
  })

  it('finds a secret in any mixture of escapes', () => {
    const escapes = [
      (char: string) => char,
      (char: string) => encodeURIComponent(char),
      (char: string) => JSON.stringify(char).slice(1, -1),
      (char: string) => (/[0-9A-Za-z]/.test(char) ? char : `&#${char.codePointAt(0)};`),
    ]
    const chars = fc.array(fc.tuple(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }), fc.nat(3)), {
      minLength: 4,
      maxLength: 20,
    })
    fc.assert(
      fc.property(chars, pairs => {
        const secret = pairs.map(([char]) => char).join('')
        fc.pre(!secret.includes('\\'))
        const text = pairs.map(([char, way]) => escapes[way]?.(char) ?? char).join('')
        expect(redact(`(${text})`, [new Secret(secret)])).toContain('***')
      }),
    )
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
