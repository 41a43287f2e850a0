import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { namesVersion } from '../../src/expect/version.ts'

const SHA = 'abcdef0123456789abcdef0123456789abcdef01'

describe('namesVersion', () => {
  it.each([
    [SHA, SHA],
    ['abcdef0', SHA],
    [SHA, 'abcdef0'],
    ['{"sha":"abcdef0123"}', SHA],
    ['build ABCDEF01 of main', SHA],
    ['sha-abcdef0', SHA],
    ['<meta name="commit" content="abcdef0123456789">', SHA],
    ['v1.4.2-7-gabcdef0', SHA],
    ['1234567', '1234567'],
    ['1234567abc', '1234567'],
    ['{"version": "1.4.2"}', '1.4.2'],
    ['v1.4.2', '1.4.2'],
    ['1.4.2', 'v1.4.2'],
    ['Version 1.4.2.', '1.4.2'],
    ['shop-1.4.2+build.7', '1.4.2'],
    ['1.4.2-rc.1', '1.4.2-rc.1'],
    ['main', 'main'],
  ])('finds in %j the version %s', (text, version) => {
    expect(namesVersion(text, version)).toBe(true)
  })

  it.each([
    ['abcdef', SHA],
    ['abcdef1', SHA],
    ['xabcdef0', SHA],
    ['1abcdef0', SHA],
    ['abcdef0123456789abcdef0123456789abcdef02', SHA],
    ['abcdef0-dirty', SHA],
    [`${SHA}.dirty`, SHA],
    ['v1.4.2-7-gabcdef0-dirty', SHA],
    ['kingabcdef0', SHA],
    ['', SHA],
    ['2026112501', '20261125'],
    ['1.4.20', '1.4.2'],
    ['11.4.2', '1.4.2'],
    ['0.1.4.2', '1.4.2'],
    ['1.4.2.1', '1.4.2'],
    ['1.4.2-rc.1', '1.4.2'],
    ['rev1.4.2', '1.4.2'],
    ['mainline', 'main'],
    ['anything', ''],
  ])('does not find in %j the version %s', (text, version) => {
    expect(namesVersion(text, version)).toBe(false)
  })

  const digits = fc.stringMatching(/^[0-9a-f]{40}$/).filter(sha => /[a-f]/.test(sha.slice(0, 7)))

  it('finds a commit by each of its beginnings from seven characters on', () => {
    fc.assert(
      fc.property(digits, fc.integer({ min: 7, max: 40 }), (sha, length) =>
        namesVersion(JSON.stringify({ status: 'ok', commit: sha.slice(0, length) }), sha),
      ),
    )
  })

  it('takes no other commit for it', () => {
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: 7, max: 40 }), (sha, other, length) => {
        fc.pre(!sha.startsWith(other.slice(0, 7)))
        return !namesVersion(JSON.stringify({ commit: other.slice(0, length) }), sha)
      }),
    )
  })
})
