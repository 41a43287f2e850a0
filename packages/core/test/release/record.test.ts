import { findTarget, newReleaseId, parseRecord, type ReleaseRecord } from '@deploy-actions/core/release/record'
import { describe, expect, it } from '@jest/globals'

function release(id: string, parts: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const services = [
    { name: 'web', image: `ghcr.io/acme/web:${id}`, imageId: `sha256:${id}`, pin: `ghcr.io/acme/web:deploy-${id}` },
  ]
  return {
    format: 1,
    id,
    state: 'live',
    adopted: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    project: 'shop',
    composeFiles: ['compose.yaml'],
    env: 'written',
    services,
    fingerprint: id,
    ...parts,
  }
}

describe('newReleaseId', () => {
  const now = Date.UTC(2026, 10, 21, 9, 36, 5)

  it('sorts by time and names the commit', () => {
    expect(newReleaseId(now, '1a2b3c4', [])).toBe('20261121T093605Z-1a2b3c4')
  })

  it('stays unique within a second', () => {
    const taken = ['20261121T093605Z-1a2b3c4', '20261121T093605Z-1a2b3c4.2']
    expect(newReleaseId(now, '1a2b3c4', taken)).toBe('20261121T093605Z-1a2b3c4.3')
  })

  it('keeps only what is safe in a path', () => {
    expect(newReleaseId(now, '../../etc $(x)', [])).toBe('20261121T093605Z-..-..-etc-x-')
  })
})

describe('findTarget', () => {
  const releases = [
    release('1', { sha: 'aaaaaaa1111', version: 'v1.0.0' }),
    release('2', { sha: 'bbbbbbb2222' }),
    release('3', { state: 'failed', reason: 'web: unhealthy' }),
    release('4', { sha: 'ddddddd4444' }),
  ]

  it('goes back to the good release before the current one', () => {
    expect(findTarget(releases, '4', '').id).toBe('2')
    expect(findTarget(releases, '2', '').id).toBe('1')
  })

  it.each([
    ['id', '1', '1'],
    ['version', 'v1.0.0', '1'],
    ['short commit', 'bbbbbbb', '2'],
    ['whole commit', 'AAAAAAA1111', '1'],
  ])('finds by %s', (_, to, id) => {
    expect(findTarget(releases, '4', to).id).toBe(id)
  })

  it('names what could be meant when nothing is found', () => {
    expect(() => findTarget(releases, '4', 'v9')).toThrow('No release on the server is "v9"')
    try {
      findTarget(releases, '4', 'v9')
    } catch (thrown) {
      expect((thrown as { next: string }).next).toBe('Releases that can be named in `to`: 2, live; 1 (v1.0.0), live.')
    }
  })

  it('never takes one that failed, nor the empty state before the first', () => {
    expect(() => findTarget(releases, '4', '3')).toThrow('No release')
    expect(() => findTarget([release('0', { services: [] }), release('1')], '1', '')).toThrow('no release before')
  })

  it('refuses the current one', () => {
    expect(() => findTarget(releases, '4', 'ddddddd')).toThrow('is the current one')
  })
})

describe('parseRecord', () => {
  it('refuses a format of the future', () => {
    expect(() => parseRecord('{"format":2,"id":"x"}')).toThrow('written in format 2')
  })
})
