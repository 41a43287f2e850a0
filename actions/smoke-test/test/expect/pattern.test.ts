import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createPatternTester, parsePattern, problemOfPattern } from '../../src/expect/pattern.ts'

const isMatch = createPatternTester()

describe('a pattern tester', () => {
  it('says what RegExp says', () => {
    const source = fc
      .stringMatching(/^[a-c.?+*^$|()\\d]{1,8}$/)
      .filter(text => problemOfPattern({ source: text, flags: '' }) === undefined)
    fc.assert(
      fc.property(source, fc.stringMatching(/^[a-c0-9]{0,6}$/), (pattern, text) => {
        expect(isMatch({ source: pattern, flags: '' }, text)).toBe(new RegExp(pattern).test(text))
      }),
    )
  })

  it('ends an expression that backtracks without end', () => {
    expect(createPatternTester(100)({ source: '^(a+)+$', flags: '' }, `${'a'.repeat(60)}!`)).toBe('late')
  })

  it('goes on after that', () => {
    const tester = createPatternTester(50)
    expect(tester({ source: '^(a+)+$', flags: '' }, `${'a'.repeat(60)}!`)).toBe('late')
    expect(tester({ source: 'b', flags: 'i' }, 'AB')).toBe(true)
    expect(tester({ source: 'b', flags: 'g' }, 'b')).toBe(true)
    expect(tester({ source: 'b', flags: 'g' }, 'b')).toBe(true)
  })
})

describe('parsePattern', () => {
  it.each([
    ['/json/', { source: 'json', flags: '' }],
    ['/^a\\/b$/im', { source: '^a\\/b$', flags: 'im' }],
    ['/a/b/', { source: 'a/b', flags: '' }],
    ['/', undefined],
    ['//', undefined],
    ['plain', undefined],
    ['/health', undefined],
  ])('reads %j', (text, expected) => {
    expect(parsePattern(text)).toEqual(expected)
  })

  it.each([
    ['(', ''],
    ['a', 'q'],
    ['[z-a]', ''],
  ])('finds what is wrong with /%s/%s', (source, flags) => {
    expect(problemOfPattern({ source, flags })).toContain('no regular expression')
  })
})
