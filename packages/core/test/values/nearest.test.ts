import { nearestName } from '@deploy-actions/core/values/nearest'
import { describe, expect, test } from '@jest/globals'

const KNOWN = ['title', 'text', 'timeout', 'host']

describe('the nearest known name', () => {
  test.each([
    ['titel', 'title'],
    ['hots', 'host'],
    ['tmieout', 'timeout'],
    ['Title', 'title'],
    ['titles', 'title'],
    ['tex', 'text'],
    ['timout', 'timeout'],
  ])('of %s is %s', (wrong, right) => {
    expect(nearestName(wrong, KNOWN)).toBe(right)
  })
  test.each(['label', 'hst2', 'ghost-writer', ''])('of %j is none', wrong => {
    expect(nearestName(wrong, KNOWN)).toBeUndefined()
  })
})
