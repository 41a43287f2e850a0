import { planPrune } from '@deploy-actions/core/release/prune'
import type { ReleaseRecord, ReleaseState } from '@deploy-actions/core/release/record'
import { describe, expect, it } from '@jest/globals'

function release(id: string, state: ReleaseState, web: string): ReleaseRecord {
  const service = (name: string, version: string) => ({
    name,
    image: `acme/${name}:${version}`,
    imageId: `sha256:${name}${version}`,
    pin: `acme/${name}:deploy-${version}`,
  })
  return {
    format: 1,
    id,
    state,
    adopted: false,
    createdAt: '',
    project: 'shop',
    composeFiles: [],
    env: 'none',
    services: [service('web', web), service('db', '17')],
    fingerprint: id,
  }
}

describe('planPrune', () => {
  it('forgets what is older than the newest good ones, and the tags that nothing kept needs', () => {
    const releases = [release('1', 'live', 'a'), release('2', 'live', 'b'), release('3', 'live', 'c')]
    expect(planPrune(releases, ['3', '2'], 2)).toEqual({ releases: ['1'], tags: ['acme/web:deploy-a', 'acme/web:a'] })
  })

  it('keeps the current release and the way back however small the number', () => {
    const releases = [release('1', 'live', 'a'), release('2', 'live', 'b'), release('3', 'rolled-back', 'c')]
    expect(planPrune(releases, ['2', '1'], 1).releases).toEqual([])
  })

  it('does not count failures, and keeps only the newest one as evidence', () => {
    const releases = [
      release('1', 'live', 'a'),
      release('2', 'failed', 'b'),
      release('3', 'failed', 'c'),
      release('4', 'live', 'd'),
    ]
    expect(planPrune(releases, ['4', '1'], 2)).toEqual({ releases: ['2'], tags: ['acme/web:deploy-b', 'acme/web:b'] })
  })

  it('leaves an image that a kept release runs under another tag', () => {
    const old = release('1', 'live', 'a')
    const moved = { ...release('2', 'live', 'a'), id: '2' }
    expect(planPrune([old, moved, release('3', 'live', 'b')], ['3', '2'], 1).tags).toEqual([])
  })
})
