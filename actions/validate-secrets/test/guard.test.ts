import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Guard } from '../src/guard.ts'
import { placeholderKind } from '../src/placeholder.ts'

const SECRET = 'S3cr3t-Value-42!'
const guard = new Guard([SECRET], ['shop.example.com'])

describe('Guard', () => {
  it.each([
    ['itself', SECRET],
    ['small letters, as in a DNS error', SECRET.toLowerCase()],
    ['capitals', SECRET.toUpperCase()],
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64 within a longer text', Buffer.from(`user:${SECRET}:x`).toString('base64')],
    ['hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['backwards', [...SECRET].reverse().join('')],
    ['URL escapes', encodeURIComponent(SECRET)],
    ['a part, as JSON.parse quotes it', `..."assword": ${SECRET.slice(0, 12)}"... is not valid`],
    ['the end of it', SECRET.slice(-12)],
  ])('takes out %s', (_, form) => {
    const clean = guard.clean(`before ${form} after`)
    expect(clean).not.toContain(form)
    expect(clean).toContain('***')
    expect(clean).toMatch(/^before /)
  })

  it('takes out each line of a value', () => {
    const clean = new Guard(['first line of it\nsecond line of it'], []).clean('x second line of it x')
    expect(clean).toBe('x *** x')
  })

  it('leaves short values alone: a gap would tell them', () => {
    expect(new Guard(['postgre'], []).clean('a postgres database')).toBe('a postgres database')
  })

  it.each(['password', 'production', 'changeme', 'postgresql', 'CHANGEME', 'administrator'])(
    'leaves common words alone (%s)',
    word => {
      expect(new Guard([word], []).clean(`the ${word} is wrong`)).toBe(`the ${word} is wrong`)
    },
  )

  it('leaves the commands of its own hints alone', () => {
    const open = new Guard(['[generate with <openssl rand -base64 36>]'], [])
    expect(open.clean('Make a random one: `openssl rand -base64 32`.')).toBe(
      'Make a random one: `openssl rand -base64 32`.',
    )
  })

  it('leaves what the rules say in the open', () => {
    const open = new Guard(['https://shop.example.com/'], ['shop.example.com'])
    expect(open.clean('is not at shop.example.com')).toBe('is not at shop.example.com')
    expect(open.clean('is https://shop.example.com/')).toBe('is ***')
  })

  it('keeps places true beside letters that change their length in small', () => {
    expect(guard.clean(`İİİ ${SECRET} İ`)).toBe('İİİ *** İ')
  })

  it('joins what overlaps', () => {
    expect(new Guard(['abcdefgh1234', 'efgh1234ijkl'], []).clean('<abcdefgh1234ijkl>')).toBe('<***>')
  })

  it('cleans many texts as it cleans one', () => {
    expect(guard.cleanAll(['a', `b ${SECRET}`, '', 'c'])).toEqual(['a', 'b ***', '', 'c'])
  })

  it.each(['${k9 x:!"%Q', '${{k9 x:!"%Q', '{{k9 x:!"%Q'])(
    'takes out a value that only begins like the text of a template (%s)',
    value => {
      expect(new Guard([value], []).clean(`x ${value} x`)).toBe('x *** x')
    },
  )

  it('never lets a value through, and never changes what holds none', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 40, unit: 'grapheme-ascii' }),
        fc.string({ maxLength: 30 }),
        fc.string({ maxLength: 30 }),
        (value, before, after) => {
          // What is the text of a template is left alone on purpose, however unlikely it is here.
          fc.pre(value.trim() === value && new Set(value).size > 5 && placeholderKind(value) === undefined)
          const clean = new Guard([value], []).clean(`${before}${value}${after}`)
          expect(clean.toLowerCase()).not.toContain(value.toLowerCase())
          const other = `${before}|${after}`
          if (!other.toLowerCase().includes(value.slice(0, 8).toLowerCase()))
            expect(new Guard([value], []).clean('plain text')).toBe('plain text')
        },
      ),
      { numRuns: 500 },
    )
  })
})
