import { planPrune } from '@deploy-actions/core/release/prune'
import { describe, expect, it } from '@jest/globals'
import { release } from './examples.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('planPrune', () => {
  it('removes what is older than the newest ones, and our tags that nothing kept needs', () => {
    const releases = [release(1), release(2), release(3)]
    expect(planPrune(releases, ['r3', 'r2'], 2)).toEqual({ releases: ['r1'], tags: ['acme/web:deploy-shop-v1'] })
  })

  it('never names a tag that is not ours', () => {
    const { tags } = planPrune(
      numbers(1, 9).map(number => release(number)),
      [],
      1,
    )
    expect(tags.every(tag => tag.includes(':deploy-shop-'))).toBe(true)
  })

  it('keeps the needed ones however small the number', () => {
    const releases = [release(1), release(2), release(3, { state: 'rolled-back' })]
    expect(planPrune(releases, ['r2', 'r1'], 1).releases).toEqual([])
  })

  it('does not count failures, and keeps only the newest one as evidence', () => {
    const failed = { state: 'failed' } as const
    const releases = [release(1), release(2, failed), release(3, failed), release(4)]
    expect(planPrune(releases, ['r4', 'r1'], 2)).toEqual({ releases: ['r2'], tags: ['acme/web:deploy-shop-v2'] })
  })

  it('keeps a tag that a kept release names too', () => {
    const releases = [release(1), release(2, { web: 'v1' }), release(3)]
    expect(planPrune(releases, ['r3', 'r2'], 1)).toEqual({ releases: ['r1'], tags: [] })
  })

  it('never lets adopted states replace deployed releases', () => {
    const adopted = numbers(4, 9).map(number => release(number, { adopted: true }))
    const { releases } = planPrune([release(1), release(2), release(3), ...adopted], ['r9'], 3)
    expect(releases).toEqual(['r7', 'r6', 'r5', 'r4'])
  })

  it('drops an empty adopted state that nothing needs, and what was never verified', () => {
    const empty = release(1, { adopted: true, services: [] })
    const staged = release(2, { state: 'staged' })
    expect(planPrune([empty, staged, release(3)], ['r3'], 5).releases).toEqual(['r2', 'r1'])
    expect(planPrune([empty, release(2)], ['r2', 'r1'], 5).releases).toEqual([])
  })

  it('keeps the newest states that were saved before they were overwritten', () => {
    const saved = numbers(1, 3).map(number => release(number, { adopted: true, state: 'staged', services: [] }))
    expect(planPrune([...saved, release(4)], ['r4'], 5).releases).toEqual(['r1'])
  })

  it('orders by sequence, not by id', () => {
    const releases = [release(1, { id: 'z' }), release(2, { id: 'a' }), release(3, { id: 'm' })]
    expect(planPrune(releases, ['m'], 2).releases).toEqual(['z'])
  })
})
