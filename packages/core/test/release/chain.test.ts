import {
  findTarget,
  newestFirst,
  newReleaseId,
  nextSequence,
  previousConfirmed,
} from '@deploy-actions/core/release/chain'
import { type Release, releaseStates } from '@deploy-actions/core/release/record'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { release } from './examples.ts'

describe('newReleaseId', () => {
  const now = Date.UTC(2026, 10, 21, 9, 36, 5)

  it('has the time and the name', () => {
    expect(newReleaseId(now, '1a2b3c4', [])).toBe('20261121T093605Z-1a2b3c4')
  })

  it('stays unique within a second', () => {
    const taken = ['20261121T093605Z-1a2b3c4', '20261121T093605Z-1a2b3c4.2']
    expect(newReleaseId(now, '1a2b3c4', taken)).toBe('20261121T093605Z-1a2b3c4.3')
  })

  it('keeps only what is safe in a path', () => {
    expect(newReleaseId(now, '../../etc $(x)', [])).toBe('20261121T093605Z-..-..-etc-x-')
    expect(newReleaseId(now, undefined, [])).toBe('20261121T093605Z-manual')
  })
})

describe('nextSequence', () => {
  it('is one more than the highest', () => {
    expect(nextSequence([])).toBe(1)
    expect(nextSequence([release(7), release(2)])).toBe(8)
  })
})

/** A store as deploys and rollbacks make it: sequences without gaps or with, any ids, any order in the folder. */
const stores = fc
  .array(
    fc.record({
      id: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }),
      gap: fc.integer({ min: 1, max: 3 }),
      back: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom(...releaseStates),
      isEmpty: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map(parts => {
    let sequence = 0
    const releases: Release[] = []
    for (const [index, { id, gap, back, state, isEmpty }] of parts.entries()) {
      sequence += gap
      const { previous: _none, ...base } = release(sequence, { id: `${index}${id}`, state })
      const previous = releases.at(-back)?.id
      releases.push({ ...base, ...(previous === undefined ? {} : { previous }), ...(isEmpty ? { services: [] } : {}) })
    }
    return releases
  })
const shuffled = stores.chain(releases =>
  fc.tuple(fc.constant(releases), fc.shuffledSubarray(releases, { minLength: releases.length })),
)

describe('the chain', () => {
  it('never depends on ids, on clocks or on the order of folders', () => {
    fc.assert(
      fc.property(shuffled, fc.string(), ([ordered, mixed], noise) => {
        const renamed = mixed.map(each => ({
          ...each,
          id: `${noise}${each.id}`,
          createdAt: noise,
          ...(each.previous === undefined ? {} : { previous: `${noise}${each.previous}` }),
        }))
        const sequences = (releases: readonly Release[]) => newestFirst(releases).map(each => each.sequence)
        expect(sequences(renamed)).toEqual(sequences(ordered))
        const held = newestFirst(renamed)[0]
        const same = ordered.find(each => each.sequence === held?.sequence)
        if (held === undefined || same === undefined) return
        expect(previousConfirmed(renamed, held)?.sequence).toBe(previousConfirmed(ordered, same)?.sequence)
      }),
    )
  })

  it('leads to a confirmed release with services and a lower sequence number, or to none', () => {
    fc.assert(
      fc.property(stores, releases => {
        const held = releases.at(-1)
        const isTarget = (each: Release) => each.state === 'confirmed' && each.services.length > 0
        try {
          const found = findTarget(releases, held, '')
          expect(isTarget(found)).toBe(true)
          expect(found.sequence).toBeLessThan(held?.sequence ?? 0)
        } catch (thrown) {
          expect(String(thrown)).toContain('no previous release')
        }
      }),
    )
  })

  it('ends where records contradict each other', () => {
    const circle = [release(1, { previous: 'r2', state: 'failed' }), release(2, { previous: 'r1', state: 'failed' })]
    expect(previousConfirmed(circle, circle[1] ?? release(2))).toBeUndefined()
  })

  it('goes on with the next lower number where a release was pruned', () => {
    const releases = [release(1), release(4, { previous: 'r3' })]
    expect(previousConfirmed(releases, release(4, { previous: 'r3' }))?.id).toBe('r1')
  })
})

describe('findTarget', () => {
  const releases = [
    release(1, { sha: `aaaaaaa${'1'.repeat(33)}`, version: 'v1.0.0' }),
    release(2, { sha: `bbbbbbb${'2'.repeat(33)}` }),
    release(3, { state: 'failed', stateReason: 'web: unhealthy' }),
    release(4, { sha: `ddddddd${'4'.repeat(33)}`, previous: 'r2' }),
  ]
  const [, r2, , r4] = releases

  it('is the previous confirmed release without a name', () => {
    expect(findTarget(releases, r4, '').id).toBe('r2')
    expect(findTarget(releases, r2, '').id).toBe('r1')
  })

  it('never selects a release that people had rolled back from', () => {
    // r1, r2, rollback to r1, r3, rollback.
    const store = [release(1), release(2, { state: 'rolled-back' }), release(3, { previous: 'r1' })]
    expect(findTarget(store, store[2], '').id).toBe('r1')
    expect(findTarget(store, store[2], 'r2').id).toBe('r2')
  })

  it('is the confirmed release when one that failed was kept', () => {
    expect(findTarget(releases, releases[2], '').id).toBe('r2')
  })

  it('is the newest confirmed release when nothing is held', () => {
    expect(findTarget(releases, undefined, '').id).toBe('r4')
  })

  it.each([
    ['id', 'r1', 'r1'],
    ['version', 'v1.0.0', 'r1'],
    ['short commit', 'bbbbbbb', 'r2'],
    ['whole commit', `AAAAAAA${'1'.repeat(33)}`, 'r1'],
    ['image tag', 'v2', 'r2'],
    ['version without its v', '1.0.0', 'r1'],
    ['the word previous', 'previous', 'r2'],
  ])('finds by %s', (_, to, id) => {
    expect(findTarget(releases, r4, to).id).toBe(id)
  })

  it('finds an image tag 1.2.3 by v1.2.3, and prefers the form that was written', () => {
    const tagged = (number: number, tag: string) => release(number, { web: tag })
    expect(findTarget([tagged(1, '1.2.3'), tagged(2, '1.3.0')], undefined, 'v1.2.3').id).toBe('r1')
    expect(findTarget([tagged(1, 'v1.2.3'), tagged(2, '1.2.3')], undefined, 'v1.2.3').id).toBe('r1')
    expect(() => findTarget([tagged(1, 'weekly')], undefined, 'vweekly')).toThrow('No release')
  })

  it.each([
    ['whole', `EEEEEEE${'5'.repeat(57)}`],
    ['short', 'eeeeeee5'],
  ])('finds by the %s commit of a SHA-256 repository', (_, to) => {
    const longer = release(1, { sha: `eeeeeee${'5'.repeat(57)}` })
    expect(findTarget([longer, release(2)], release(2), to).id).toBe('r1')
  })

  it('lists what can be named when nothing is found', () => {
    expect(() => findTarget(releases, r4, 'v9')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('No release on the server is "v9"'),
        next: `Set \`to\` to one of these releases, newest first:
  r2: confirmed, commit bbbbbbb, of 2026-01-01
  r1 (v1.0.0): confirmed, commit aaaaaaa, of 2026-01-01`,
      }),
    )
  })

  it('never finds one that failed, nor the empty state before the first', () => {
    expect(() => findTarget(releases, r4, 'r3')).toThrow('No release')
    expect(() => findTarget([release(1, { services: [] }), release(2)], release(2), '')).toThrow('no previous release')
  })

  it('takes an id for an id, then a version, a commit and an image tag, whichever is newer', () => {
    const store = [
      release(1, { id: 'abcdef0' }),
      release(2, { version: 'abcdef0' }),
      release(3, { sha: `abcdef0${'1'.repeat(33)}`, web: 'v2.0.0' }),
      release(4, { web: 'abcdef0' }),
      release(5, { version: 'v2.0.0' }),
      release(6, { web: 'v2.0.0' }),
    ]
    const find = (to: string, releases = store) => findTarget(releases, undefined, to).id
    expect(find('abcdef0')).toBe('abcdef0')
    expect(find('abcdef0', store.slice(1))).toBe('r2')
    expect(find('abcdef0', store.slice(2))).toBe('r3')
    expect(find('abcdef0', store.slice(3))).toBe('r4')
    expect(find('v2.0.0')).toBe('r5')
  })

  it('is an earlier release of the same version when the current one has that version', () => {
    const store = [release(1, { version: 'v1' }), release(2, { version: 'v1' }), release(3, { web: 'v1' })]
    expect(findTarget(store, store[1], 'v1').id).toBe('r1')
  })

  it('refuses the current one', () => {
    expect(() => findTarget(releases, r4, 'ddddddd')).toThrow('is the current one')
  })
})
