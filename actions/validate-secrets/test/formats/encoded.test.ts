import { randomBytes } from 'node:crypto'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { complaint } from '../judging.ts'

const bytes = (count: number) => Buffer.from(Array.from({ length: count }, (_, index) => (index * 37 + 11) % 256))
const base64 = (count: number) => bytes(count).toString('base64')

describe('base64', () => {
  it.each([1, 2, 3, 4, 15, 16, 31, 32, 48, 64, 255])('takes %d bytes', async count => {
    expect(await complaint('base64', base64(count))).toBe('')
  })

  it.each([
    ['abc', 'lost its padding'],
    ['YWJj=', 'lost its padding'],
    ['YWJjZA', 'lost its padding'],
    ['YWJj\nZGVm', 'broken into lines'],
    ['YWJj ZGVm', 'broken into lines'],
    ['-_-_', 'URL alphabet'],
    ['a-b_cd==', 'URL alphabet'],
    ['hello!', 'characters that base64 does not have'],
    ['YWJj:ZGVm', 'characters that base64 does not have'],
    ['=YWJj===', 'characters that base64 does not have'],
    ['YQ==YQ==', 'characters that base64 does not have'],
    ['"YWJj"', 'quotes around it'],
    ['YWJj\n', 'line break at its end'],
    ['A'.repeat(44), 'one byte repeated'],
    ['base64:YWJj', 'characters that base64 does not have'],
    ['YWJjZB==', 'unused bits are not zero'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('base64', value)).toContain(expected)
  })

  it('takes base64 without padding where it is allowed', async () => {
    for (const value of ['YWI', 'YQ', 'YWJj'])
      expect(await complaint('base64', value, { 'allow-unpadded': true })).toBe('')
    expect(await complaint('base64', 'YWJjZ', { 'allow-unpadded': true })).toContain('is cut')
    expect(await complaint('base64', 'YWI', { 'allow-unpadded': true, 'decoded-bytes': { min: 2, max: 2 } })).toBe('')
  })

  it('checks the decoded text by its own type', async () => {
    const of = (text: string) => Buffer.from(text).toString('base64')
    expect(await complaint('base64', of('{"a":1}\n'), { 'decoded-type': 'json', 'required-keys': ['a'] })).toBe('')
    expect(await complaint('base64', of('{"a":1}'), { 'decoded-type': 'json', 'required-keys': ['b'] })).toBe(
      'format: is base64 of a text that lacks `b`',
    )
    expect(await complaint('base64', of('https://acme.org\n'), { 'decoded-type': 'url' })).toBe('')
    const key = makeSshKey('ed25519')
    expect(await complaint('base64', of(key.private), { 'decoded-type': 'ssh-private-key' })).toBe('')
    expect(await complaint('base64', of(key.public), { 'decoded-type': 'ssh-private-key' })).toContain(
      'is base64 of a text that is the public half of a key',
    )
  })

  it('takes what strict decoders take, in both alphabets', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 7 }), fc.nat(63), async (array, digit) => {
        const text = Buffer.from(array).toString('base64')
        const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'[digit] ?? ''
        const other = text.replace(/[^=](?==*$)/, last)
        const isSame = Buffer.from(other, 'base64').toString('base64') === other
        const found = await complaint('base64', other, { 'allow-placeholder': [other] })
        expect(found.includes('unused bits')).toBe(!isSame)
        const url = other.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
        const foundInUrl = await complaint('base64url', url, { 'allow-placeholder': [url] })
        expect(foundInUrl.includes('unused bits')).toBe(!isSame)
      }),
    )
  })

  it('counts the bytes after decoding', async () => {
    const size = { min: 32, max: 32 }
    expect(await complaint('base64', base64(32), { 'decoded-bytes': size })).toBe('')
    expect(await complaint('base64', base64(31), { 'decoded-bytes': size })).toBe(
      'too-short: has fewer bytes than the 32 of the rule when decoded',
    )
    expect(await complaint('base64', base64(33), { 'decoded-bytes': { min: 16, max: 32 } })).toContain(
      'than the 16 to 32 of',
    )
    expect(await complaint('base64', bytes(32).toString('hex'), { 'decoded-bytes': size })).toContain(
      'is hexadecimal, not base64',
    )
  })

  it('wants its prefix', async () => {
    const options = { prefix: 'base64:', 'decoded-bytes': { min: 32, max: 32 } }
    expect(await complaint('base64', `base64:${base64(32)}`, options)).toBe('')
    expect(await complaint('base64', base64(32), options)).toContain('does not start with `base64:`')
  })

  it('takes whatever was encoded, and nothing shorter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 9, maxLength: 60 }), async array => {
        const text = Buffer.from(array).toString('base64')
        fc.pre(new Set(array).size > 2)
        const found = await complaint('base64', text)
        const cut = await complaint('base64', text.replace(/=+$/, '').slice(0, -1))
        return found === '' && (cut !== '' || text.replace(/=+$/, '').length % 4 === 1)
      }),
      { numRuns: 60 },
    )
  })
})

describe('base64url', () => {
  it.each([1, 2, 3, 16, 17, 31, 32, 33, 64, 100])('takes %d bytes with and without padding', async count => {
    const text = bytes(count).toString('base64url')
    expect(await complaint('base64url', text)).toBe('')
    expect(await complaint('base64url', text.padEnd(Math.ceil(text.length / 4) * 4, '='))).toBe('')
  })

  it.each(['a+b/', 'ab+c', 'a', 'abcde', 'ab=', 'abc!', 'ab cd', 'a.b.c', 'YWJj=', 'äbc', 'abcd=', '"abcd"'])(
    'refuses %j',
    async value => {
      expect(await complaint('base64url', value)).not.toBe('')
    },
  )
})

describe('hex', () => {
  it.each([1, 2, 3, 8, 16, 20, 32, 48, 64, 128])('takes %d bytes in either case', async count => {
    const text = bytes(count).toString('hex')
    expect(await complaint('hex', text)).toBe('')
    expect(await complaint('hex', text.toUpperCase())).toBe('')
  })

  it.each([
    ['0xdeadbeef', 'starts with 0x'],
    ['abc', 'odd number of digits'],
    ['xyz1', 'no hexadecimal digits'],
    ['de:ad:be:ef', 'separators between its bytes'],
    ['de ad be ef', 'separators between its bytes'],
    ['de-ad-be-ef', 'separators between its bytes'],
    ['deadbeef\n', 'line break at its end'],
    ['3q2+7w==', 'no hexadecimal digits'],
    ['00'.repeat(16), 'one byte repeated'],
    ['ff'.repeat(16), 'one byte repeated'],
    ["'deadbeef'", 'quotes around it'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('hex', value)).toContain(expected)
  })

  it('counts its bytes', async () => {
    expect(await complaint('hex', randomBytes(32).toString('hex'), { 'decoded-bytes': { min: 32, max: 32 } })).toBe('')
    expect(
      await complaint('hex', randomBytes(16).toString('hex'), { 'decoded-bytes': { min: 32, max: 32 } }),
    ).toContain('too-short')
  })
})
