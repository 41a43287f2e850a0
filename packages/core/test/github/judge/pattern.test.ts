import { parseNamePattern } from '@deploy-actions/core/github/judge/pattern'
import { expect, it, test } from '@jest/globals'

test.each([
  ['CI', 'CI', true],
  ['CI', 'CI 2', false],
  ['ci', 'CI', false],
  ['test (*)', 'test (ubuntu, 24)', true],
  ['test (*)', 'test ubuntu', false],
  ['a.b', 'axb', false],
  ['*', 'anything\nat all', true],
  ['/^lint/', 'linting', true],
  ['/^lint$/i', '/^lint$/i', true],
  ['.github/workflows/ci.yml', '.github/workflows/ci.yml', true],
])('%s and the name %s: %s', (text, name, matches) => {
  expect(parseNamePattern(text).matches(name)).toBe(matches)
})

it('refuses an expression that is not valid', () => {
  expect(() => parseNamePattern('/te(st/')).toThrow(/^has "\/te\(st\/", which is not a valid regular expression \(/)
})
