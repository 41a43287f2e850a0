import { describe, expect, it } from '@jest/globals'
import { labNames } from './names.ts'
import { resolveServer } from './spec.ts'
import { isRecentAct } from './tools.ts'

describe('labNames', () => {
  it('tells two checkouts and two labs apart', () => {
    const keys = [labNames('lab', '/a'), labNames('lab', '/b'), labNames('other', '/a')].map(names => names.key)
    expect(new Set(keys).size).toBe(3)
    expect(labNames('lab', '/a').key).toBe(keys[0])
  })

  it.each(['', 'Lab', 'a b', '../x', '-x'])('refuses the name %j', name => {
    expect(() => labNames(name)).toThrow(/not usable/)
  })
})

describe('resolveServer', () => {
  it('publishes 22 and 80 and what else is asked for, each once', () => {
    expect(resolveServer({ name: 'vps1', publish: [80, 443] }).publish).toEqual([22, 80, 443])
  })

  it('refuses the name of another machine', () => {
    expect(() => resolveServer('registry')).toThrow(/another machine/)
  })
})

describe('isRecentAct', () => {
  it.each([
    ['act version 0.2.89', true],
    ['act version 0.2.82', true],
    ['act version 0.3.0', true],
    ['act version 0.2.81', false],
    ['act version 0.2.65-next', false],
    ['act: the other program of that name', false],
  ])('%s: %s', (output, expected) => {
    expect(isRecentAct(output)).toBe(expected)
  })
})
