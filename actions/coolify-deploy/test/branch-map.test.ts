import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { branchName, chooseLines, parseBranchLine } from '../src/branch-map.ts'

const choose = (text: string, branch: string) =>
  chooseLines(text.split('\n').filter(Boolean).map(parseBranchLine), branch)

describe('a line that goes by branch', () => {
  it.each([
    ['main=abc', 'main', 'abc'],
    ['main = abc ', 'main', 'abc '],
    ['feature/x=1|y=z', 'feature/x', '1|y=z'],
    ['release/*=abc', 'release/*', 'abc'],
    [
      'main=https://c.example/api/v1/deploy?uuid=a&force=false',
      'main',
      'https://c.example/api/v1/deploy?uuid=a&force=false',
    ],
    ['main=', 'main', ''],
    ['refs/tags/v*=abc', 'refs/tags/v*', 'abc'],
  ])('%s is for %s', (line, branch, value) => expect(parseBranchLine(line)).toEqual({ branch, value }))

  it.each([
    'https://c.example/api/v1/deploy?uuid=a&force=false',
    '/health?full=1',
    '12|abcdef=',
    'k0w8ssoo',
    'a1,a2',
    '?uuid=a',
  ])('%s is for every branch', line => expect(parseBranchLine(line)).toEqual({ branch: undefined, value: line }))

  it('keeps any value to the letter', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w./-]*\w$/), fc.stringMatching(/^\S+$/), (branch, value) => {
        fc.pre(!branch.startsWith('/'))
        expect(parseBranchLine(`${branch}=${value}`)).toEqual({ branch, value })
      }),
    )
  })
})

describe('the lines for a branch', () => {
  const lines = 'develop=d\nmain=m1\nmain=m2\nrelease/*=r\n'

  it.each([
    ['develop', ['d']],
    ['main', ['m1', 'm2']],
    ['release/1.2', ['r']],
  ])('of %s are %j', (branch, values) => expect(choose(lines, branch)).toEqual({ kind: 'values', values }))

  it.each(['', 'feature/x', 'mainline', 'refs/tags/main', 'xrelease/1'])('"%s" has none', branch => {
    expect(choose(lines, branch)).toEqual({ kind: 'elsewhere', branches: ['develop', 'main', 'release/*'] })
  })

  it('that name it win over patterns, and both over those that name none', () => {
    const all = 'x\n*=star\nmain=m'
    expect([choose(all, 'main'), choose(all, 'other')]).toEqual([
      { kind: 'values', values: ['m'] },
      { kind: 'values', values: ['star'] },
    ])
    expect(choose('x\ny\nmain=m', 'other')).toEqual({ kind: 'values', values: ['x', 'y'] })
  })

  it('may name a branch by its whole ref', () => {
    expect(choose('refs/heads/main=m', 'main')).toEqual({ kind: 'values', values: ['m'] })
    expect(choose('refs/heads/release/*=r', 'release/1')).toEqual({ kind: 'values', values: ['r'] })
  })

  it('may be there without a value, as of a secret that is not set', () => {
    expect(choose('develop=d\nmain=', 'main')).toEqual({ kind: 'empty', branch: 'main' })
    expect(choose('develop=\nmain=m', 'main')).toEqual({ kind: 'values', values: ['m'] })
  })

  it('are none where the input is empty', () => expect(choose('', 'main')).toEqual({ kind: 'none' }))

  it('take no letter of a pattern but * for more than itself', () => {
    expect(choose('a.b*=x', 'aXb1')).toMatchObject({ kind: 'elsewhere' })
    expect(choose('a.b*=x', 'a.b(1)')).toMatchObject({ kind: 'values' })
  })
})

it.each([
  ['refs/heads/main', 'main'],
  ['refs/heads/feature/x', 'feature/x'],
  ['refs/tags/main', 'refs/tags/main'],
  ['refs/pull/7/merge', 'refs/pull/7/merge'],
  ['production', 'production'],
  ['', ''],
])('a run of %s goes by %s', (ref, name) => expect(branchName(ref)).toBe(name))
