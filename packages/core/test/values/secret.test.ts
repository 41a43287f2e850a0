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

  it.each<[string, (text: string) => string]>([
    ['hexadecimal', text => Buffer.from(text).toString('hex')],
    ['hexadecimal in capitals', text => Buffer.from(text).toString('hex').toUpperCase()],
    ['capitals', text => text.toUpperCase()],
    ['small letters', text => text.toLowerCase()],
    ['reverse', text => [...text].reverse().join('')],
    ['JSON within JSON', text => JSON.stringify(JSON.stringify({ text }))],
    ['JSON of Go within JSON', text => JSON.stringify(JSON.stringify({ text }).replaceAll('&', '\\u0026'))],
    ['JSON of Go', text => JSON.stringify({ text }).replaceAll('&', '\\u0026').replaceAll('<', '\\u003c')],
  ])('leaves none of a secret in %s', (_, disguise) => {
    for (const secret of ['Pa"s\\w&rd-<1>xY', 'k3y-with-letters', '\\\\share\\\\Pa&s"w0rd']) {
      expect(redact(`<${disguise(secret)}>`, [new Secret(secret)])).toMatch(
        /^<[^A-Za-z0-9]*(?:\{[^:]*:)?[^A-Za-z0-9]*>$/,
      )
    }
  })

  it('takes no longer than it should, whatever backslashes there are', () => {
    const secret = new Secret(`${'\\'.repeat(40)}"x"${'\\'.repeat(40)}`)
    for (const text of ['\\', '\\u005c', '\\\\u005c', '%5C'].map(part => part.repeat(2_000))) {
      expect(redact(text, [secret])).toBe(text)
    }
  })

  it('finds backslashes in any mixture of escapes', () => {
    const forms = ['\\', '\\\\', '%5C', '%5c', '&#92;', '&#x5c;', '\\u005c']
    const chars = fc.array(fc.constantFrom(...forms), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(chars, pieces => {
        const secret = `ab${'\\'.repeat(pieces.length)}cd`
        expect(redact(`ab${pieces.join('')}cd`, [new Secret(secret)])).toBe('***')
      }),
    )
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
