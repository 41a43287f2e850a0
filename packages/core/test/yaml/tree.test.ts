import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { dump } from 'js-yaml'
import { Mistakes } from '../../src/yaml/mistakes.ts'
import { formatPosition } from '../../src/yaml/position.ts'
import { parseYaml, plainOf, type Tree } from '../../src/yaml/tree.ts'

async function read(text: string, limits: { maxDepth?: number } = {}) {
  const mistakes = new Mistakes()
  const tree = await parseYaml({ name: 'checks.yml', isFile: true, text }, mistakes, limits)
  return { tree, mistakes: mistakes.list.map(({ at, text }) => `${at.line}:${at.column} ${text}`) }
}

const placeOf = (tree: Tree | undefined) => `${tree?.at.line}:${tree?.at.column}`

describe('parseYaml', () => {
  it('knows the place of each node and key', async () => {
    const { tree, mistakes } = await read('a:\n  - x\n  - "y"\nb: { c: 1 }\nd:\n')
    expect(mistakes).toEqual([])
    if (tree?.kind !== 'map') throw new Error('no map')
    expect(tree.entries.map(({ key, at }) => `${key} ${at.line}:${at.column}`)).toEqual(['a 1:1', 'b 4:1', 'd 5:1'])
    const [a, b, d] = tree.entries.map(({ value }) => value)
    expect(a?.kind === 'list' ? a.items.map(placeOf) : []).toEqual(['2:5', '3:5'])
    expect(placeOf(b)).toBe('4:4')
    expect([d?.kind, placeOf(d)]).toEqual(['null', '5:1'])
  })

  it.each([
    ['x', 'x'],
    ['1', 1],
    ['-1.5e3', -1500],
    ['"1"', '1'],
    ['true', true],
    ['yes', 'yes'],
    ['~', null],
    ['', null],
    ['"a\\tb"', 'a\tb'],
    ["'it''s'", "it's"],
    ['|\n  two\n  lines\n', 'two\nlines\n'],
    ['{ a: [1, { b: null }] }', { a: [1, { b: null }] }],
    ['{ a: &x { b: 1 }, c: *x }', { a: { b: 1 }, c: { b: 1 } }],
  ])('reads %j', async (text, expected) => {
    const { tree, mistakes } = await read(text)
    expect(mistakes).toEqual([])
    expect(tree && plainOf(tree)).toEqual(expected)
  })

  it('reads back what was written', async () => {
    const value = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, true, 0, 1.5, '', 'x', '- x', 'a: b', '12'),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    })).value
    await fc.assert(
      fc.asyncProperty(value, async written => {
        const { tree } = await read(dump(written))
        expect(tree && plainOf(tree)).toEqual(written)
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['a:\n  b: {}\n  b: {}', '3:3 the key stands twice in one map'],
    ['a:\n\tb: {}', '2:1 a tab cannot indent YAML; use spaces'],
    ['a: {b: "', '1:9 a closing quote is missing'],
    ['a: [b, c', 'a bracket, a comma or a colon is missing'],
    ['a:\n  b: c\n d: e', '3:2 the indentation does not fit the lines above'],
    ['a:\n  b: c: d', '2:7 the indentation does not fit the lines above, or a text with a colon lacks quotes'],
    ['a: 1\n---\nb: 2', 'one document only'],
    ['a: { b: *nowhere }', '1:10 no anchor of this name stands above'],
    [`a: &x 1\nb: [${'*x,'.repeat(101)}]`, 'there are too many aliases'],
    [`a: ${'['.repeat(40)}${']'.repeat(40)}`, 'this is nested too deeply'],
  ])('says what is wrong with %j', async (text, expected) => {
    expect((await read(text)).mistakes.join('\n')).toContain(expected)
  })

  it('takes deeper documents when it is told so', async () => {
    const text = `${'['.repeat(20)}${']'.repeat(20)}`
    expect((await read(text)).mistakes).toHaveLength(1)
    expect((await read(text, { maxDepth: 30 })).mistakes).toEqual([])
  })

  it('quotes nothing of what is no YAML', async () => {
    const { mistakes } = await read('a:\n  A: "hunter2hunter2\n  B: x')
    expect(mistakes.length).toBeGreaterThan(0)
    expect(mistakes.join('\n')).not.toContain('hunter2')
  })
})

describe('formatPosition', () => {
  it('tells files and inputs apart', () => {
    const at = { source: 'checks', line: 2, column: 3 }
    expect(formatPosition({ ...at, isFile: false })).toBe('input `checks`, line 2, column 3')
    expect(formatPosition({ ...at, source: 'a.yml', isFile: true })).toBe('a.yml:2:3')
  })
})
