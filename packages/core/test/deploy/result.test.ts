import { exitStatusOf, type Result, results, signOf, worstOf } from '@deploy-actions/core/deploy/result'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'

const failure = (exitStatus: 1 | 2) => new ActionError({ title: 't', message: 'm', exitStatus })

describe('results', () => {
  it('have a sign each', () => {
    const signs = Object.keys(results).map(result => signOf(result as Result))
    expect(new Set(signs).size).toBe(signs.length)
  })

  it.each<[Result[], Result | undefined]>([
    [[], undefined],
    [['deployed', 'unchanged'], 'deployed'],
    [['deployed', 'rolled-back', 'failed'], 'failed'],
    [['rollback-failed', 'stopped', 'failed'], 'rollback-failed'],
  ])('%j: the worst is %s', (all, worst) => {
    expect(worstOf(all)).toBe(worst)
  })
})

describe('exitStatusOf', () => {
  it('is that of the failure, and 0 without one', () => {
    expect(exitStatusOf({})).toBe(0)
    expect(exitStatusOf({ failure: failure(1) })).toBe(1)
    expect(exitStatusOf({ failure: failure(2) })).toBe(2)
  })
})
