import { describe, expect, it } from '@jest/globals'
import { commitOf } from '../src/commit.ts'
import type { Inputs } from '../src/inputs.ts'
import { release } from './examples.ts'

const sha = 'b'.repeat(40)
const payload = { head_commit: { id: sha, message: 'Release v2\n\nWith a body.' } }
const run = { repository: 'acme/shop', serverUrl: 'https://git.example.org/', payload }
const inputs = (mode: Inputs['mode'], of?: string) => ({ mode, options: { sha: of } as Inputs['options'] })

describe('commitOf', () => {
  it('is the commit of a deploy, with its page and its subject', () => {
    expect(commitOf(inputs('deploy', sha), { release: undefined }, run)).toEqual({
      sha,
      url: `https://git.example.org/acme/shop/commit/${sha}`,
      subject: 'Release v2',
    })
  })

  it('is the commit of the release that a rollback leads to, whose subject the event does not have', () => {
    const earlier = { ...release('r1'), sha: 'a'.repeat(40) }
    expect(commitOf(inputs('rollback', sha), { release: earlier }, run)).toMatchObject({
      sha: 'a'.repeat(40),
      subject: undefined,
    })
  })

  it.each([undefined, {}, { head_commit: null }, { head_commit: { id: 7, message: 'x' } }])(
    'has no subject where the event has none: %j',
    other => {
      const found = commitOf(inputs('deploy', sha), { release: undefined }, { ...run, repository: '', payload: other })
      expect(found).toEqual({ sha, subject: undefined })
    },
  )

  it('is nothing without a commit', () => {
    expect(commitOf(inputs('deploy'), { release: undefined }, run)).toBeUndefined()
    expect(commitOf(inputs('rollback', sha), { release: release('r1') }, run)).toBeUndefined()
  })
})
