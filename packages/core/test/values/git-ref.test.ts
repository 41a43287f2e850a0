import { describe, expect, it } from '@jest/globals'
import { isCommitSha, shortSha } from '../../src/values/commit-sha.ts'
import { mergeQueuePull, parseGitRef } from '../../src/values/git-ref.ts'

const SHA = '4f1c2ad98e37b05f6d21c9e0a83b7745d0e6f912'

describe('parseGitRef', () => {
  it.each([
    ['refs/heads/main', 'branch', 'main'],
    ['refs/heads/feature/x', 'branch', 'feature/x'],
    ['refs/tags/v1.2.3', 'tag', 'v1.2.3'],
    ['refs/pull/87/merge', 'pull', '87/merge'],
    ['main', 'other', 'main'],
    ['', 'other', ''],
  ])('%s is a %s', (text, kind, name) => {
    expect(parseGitRef(text)).toEqual({ kind, name })
  })
})

describe('mergeQueuePull', () => {
  it('reads base and number from the name of the queue branch', () => {
    expect(mergeQueuePull(`gh-readonly-queue/release/1.x/pr-87-${SHA}`)).toEqual({ base: 'release/1.x', number: '87' })
  })

  it.each(['main', 'gh-readonly-queue/main', 'gh-readonly-queue/main/pr-x-abc'])('is undefined for %s', branch => {
    expect(mergeQueuePull(branch)).toBeUndefined()
  })
})

describe('commit sha', () => {
  it.each([
    [SHA, true],
    ['a'.repeat(64), true],
    [SHA.toUpperCase(), false],
    [SHA.slice(1), false],
  ])('%s is a full id: %s', (text, expected) => {
    expect(isCommitSha(text)).toBe(expected)
  })

  it('is shortened to seven unless told', () => {
    expect([shortSha(SHA), shortSha(SHA, 12), shortSha('abc', 7)]).toEqual(['4f1c2ad', '4f1c2ad98e37', 'abc'])
  })
})
