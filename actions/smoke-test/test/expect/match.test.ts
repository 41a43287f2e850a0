import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isEqual } from '../../src/expect/equal.ts'
import { mismatches } from '../../src/expect/match.ts'
import type { Matcher } from '../../src/expect/matcher.ts'
import { createPatternTester } from '../../src/expect/pattern.ts'
import { Shower } from '../../src/expect/show.ts'

const matching = { show: new Shower([]), isMatch: createPatternTester() }
const wrong = (matcher: Matcher, value: unknown) => mismatches(matcher, value, matching)
const holds = (matcher: Matcher, value: unknown) => wrong(matcher, value).length === 0
const re = (source: string, flags = ''): Matcher => ({ op: 'matches', pattern: { source, flags } })

describe('mismatches', () => {
  const right: [Matcher, unknown][] = [
    [{ op: 'eq', value: 'up' }, 'up'],
    [{ op: 'eq', value: null }, null],
    [{ op: 'eq', value: { a: [1, { b: 2 }] } }, { a: [1, { b: 2 }] }],
    [
      { op: 'eq', value: { a: 1, b: 2 } },
      { b: 2, a: 1 },
    ],
    [{ op: 'eq', value: 9007199254740993n }, 9007199254740993n],
    [{ op: 'ne', value: 'down' }, 'up'],
    [{ op: 'ne', value: 'down' }, undefined],
    [{ op: 'gt', value: 1 }, 2],
    [{ op: 'gte', value: 2 }, 2],
    [{ op: 'lt', value: 3 }, '2'],
    [{ op: 'lte', value: '2.5' }, 2.5],
    [{ op: 'gt', value: 9007199254740992 }, 9007199254740993n],
    [{ op: 'gte', value: '2026-01-01' }, '2026-11-25T10:00:00Z'],
    [{ op: 'gte', value: '1.2' }, '1.3'],
    [{ op: 'in', values: ['a', 1, null] }, null],
    [{ op: 'not-in', values: ['a'] }, undefined],
    [{ op: 'contains', value: 'lo w' }, 'hello world'],
    [{ op: 'contains', value: 2 }, [1, 2]],
    [{ op: 'contains', value: { name: 'api' } }, [{ name: 'api', status: 'up' }]],
    [{ op: 'contains', value: 'name' }, { name: 'api' }],
    [
      { op: 'contains', value: { a: { b: 1 } } },
      { a: { b: 1, c: 2 }, d: 3 },
    ],
    [{ op: 'not-contains', value: 'error' }, 'fine'],
    [{ op: 'not-contains', value: 'error' }, undefined],
    [re('^v\\d'), 'v1'],
    [re('^\\d+$'), 12],
    [re('^true$'), true],
    [re('UP', 'i'), 'up'],
    [{ op: 'starts-with', text: 'he' }, 'hello'],
    [{ op: 'ends-with', text: 'lo' }, 'hello'],
    [{ op: 'exists' }, null],
    [{ op: 'absent' }, undefined],
    [{ op: 'type', type: 'integer' }, 3],
    [{ op: 'type', type: 'integer' }, 9007199254740993n],
    [{ op: 'type', type: 'number' }, 3.5],
    [{ op: 'type', type: 'null' }, null],
    [{ op: 'type', type: 'array' }, []],
    [{ op: 'type', type: 'object' }, {}],
    [{ op: 'length', matcher: { op: 'eq', value: 1 } }, '🚀'],
    [{ op: 'length', matcher: { op: 'gte', value: 2 } }, [1, 2]],
    [{ op: 'length', matcher: { op: 'eq', value: 1 } }, { a: 1 }],
    [{ op: 'every', matcher: { op: 'eq', value: 'up' } }, ['up', 'up']],
    [{ op: 'any', matcher: { op: 'eq', value: 'up' } }, ['down', 'up']],
    [{ op: 'not', matcher: { op: 'eq', value: 'down' } }, 'up'],
    [
      {
        op: 'and',
        matchers: [
          { op: 'gt', value: 1 },
          { op: 'lt', value: 3 },
        ],
      },
      2,
    ],
    [
      {
        op: 'or',
        matchers: [
          { op: 'eq', value: 1 },
          { op: 'eq', value: 2 },
        ],
      },
      2,
    ],
  ]
  it.each(right)('%j holds for %p', (matcher, value) => {
    expect(wrong(matcher, value)).toEqual([])
  })

  const told: [Matcher, unknown, string][] = [
    [{ op: 'eq', value: 'up' }, 'down', 'is "down", not "up"'],
    [{ op: 'eq', value: 5 }, '5', 'is a text, "5", not a number, 5'],
    [{ op: 'eq', value: true }, 'true', 'is a text, "true", not a boolean, true'],
    [{ op: 'eq', value: { toString: '' } }, 1, 'is 1, not {"toString": ""}'],
    [{ op: 'eq', value: 'up' }, undefined, 'is missing (wanted: it is "up")'],
    [{ op: 'eq', value: 9007199254740993n }, 9007199254740992n, 'is 9007199254740992, not 9007199254740993'],
    [{ op: 'eq', value: [1] }, [1, 2], 'is [1, 2], not [1]'],
    [{ op: 'ne', value: 'down' }, 'down', 'is "down", and must not be'],
    [{ op: 'gt', value: 5 }, 5, 'is 5, not more than 5'],
    [{ op: 'gte', value: 5 }, 4, 'is 4, not at least 5'],
    [{ op: 'lt', value: 5 }, 5, 'is 5, not less than 5'],
    [{ op: 'lte', value: 5 }, 6, 'is 6, not at most 5'],
    [{ op: 'lte', value: 5 }, 'many', 'is "many", which cannot be compared with 5'],
    [{ op: 'in', values: ['a', 'b'] }, 'c', 'is "c", none of "a", "b"'],
    [{ op: 'not-in', values: ['a'] }, 'a', 'is "a", and must not be'],
    [{ op: 'contains', value: 'x' }, 'abc', 'has no "x": it is "abc"'],
    [{ op: 'contains', value: 'x' }, 'abc'.repeat(100), 'has no "x"'],
    [{ op: 'contains', value: 'x' }, 5, 'has no "x": it is 5'],
    [{ op: 'not-contains', value: 'b' }, 'abc', 'has "b", and must not'],
    [{ op: 'starts-with', text: 'x' }, 'abc', 'is "abc", which does not start with "x"'],
    [{ op: 'ends-with', text: 'x' }, ['x'], 'is ["x"], which does not end with "x"'],
    [re('^\\d+$'), 'abc', 'is "abc", which does not match /^\\d+$/'],
    [re('z'), 'abc'.repeat(100), 'does not match /z/'],
    [re('z'), [1], 'is [1], no text that /z/ could match'],
    [{ op: 'exists' }, undefined, 'is missing'],
    [{ op: 'absent' }, 'x', 'is there ("x"), and must not be'],
    [{ op: 'type', type: 'number' }, '1', 'is "1", a text and not a number'],
    [{ op: 'length', matcher: { op: 'gte', value: 2 } }, [1], ': its length is 1, not at least 2'],
    [{ op: 'length', matcher: { op: 'gte', value: 2 } }, 7, 'is 7, which has no length'],
    [{ op: 'every', matcher: { op: 'eq', value: 'up' } }, ['up', 'down'], ': item 2 is "down", not "up"'],
    [{ op: 'every', matcher: { op: 'eq', value: 'up' } }, [], 'has no items'],
    [{ op: 'every', matcher: { op: 'eq', value: 'up' } }, 'up', 'is "up", which is no list'],
    [{ op: 'any', matcher: { op: 'eq', value: 'up' } }, ['down'], 'has no item that is "up": it is ["down"]'],
    [{ op: 'not', matcher: { op: 'contains', value: 'error' } }, 'an error', 'has "error", and must not'],
    [
      {
        op: 'or',
        matchers: [
          { op: 'eq', value: 1 },
          { op: 'gt', value: 5 },
        ],
      },
      3,
      'is 3 (wanted: it is 1, or is more than 5)',
    ],
  ]
  it.each(told)('says of %j and %p: %s', (matcher, value, expected) => {
    expect(wrong(matcher, value)).toEqual([expected])
  })

  it('tells each part of several that is wrong', () => {
    const both: Matcher = {
      op: 'and',
      matchers: [
        { op: 'gt', value: 5 },
        { op: 'ne', value: 3 },
      ],
    }
    expect(wrong(both, 3)).toEqual(['is 3, not more than 5', 'is 3, and must not be'])
  })

  it('cuts what is long, on one line, and shows no secret', async () => {
    const { Secret } = await import('@deploy-actions/core/values/secret')
    const show = new Shower([new Secret('hunter2hunter2')])
    const long = `hunter2hunter2\n${'x'.repeat(500)}`
    const [words = ''] = mismatches({ op: 'eq', value: 'hunter2hunter2' }, long, { ...matching, show })
    expect(words).toMatch(/^is "\*\*\*\\nx+…, not "\*\*\*"$/)
    expect(words.length).toBeLessThan(300)
  })
})

describe('laws of matchers', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
  const scalar = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null))
  const matcher = fc.oneof(
    scalar.map((value): Matcher => ({ op: 'eq', value })),
    fc.integer().map((value): Matcher => ({ op: 'gt', value })),
    fc.constant<Matcher>({ op: 'exists' }),
    fc.string().map((value): Matcher => ({ op: 'contains', value })),
  )

  it('every value equals itself, and a copy of itself', () => {
    fc.assert(fc.property(json, value => isEqual(value, structuredClone(value)) && holds({ op: 'eq', value }, value)))
  })

  it('equality goes both ways', () => {
    fc.assert(fc.property(json, json, (a, b) => isEqual(a, b) === isEqual(b, a)))
  })

  it('ne is the opposite of eq, not-in of in, absent of exists', () => {
    fc.assert(
      fc.property(json, json, (value, other) => {
        expect(holds({ op: 'ne', value: other }, value)).toBe(!holds({ op: 'eq', value: other }, value))
        expect(holds({ op: 'not-in', values: [other] }, value)).toBe(!holds({ op: 'in', values: [other] }, value))
        expect(holds({ op: 'absent' }, value)).toBe(!holds({ op: 'exists' }, value))
      }),
    )
  })

  it('not, and, or are those of logic', () => {
    fc.assert(
      fc.property(matcher, matcher, fc.oneof(json, fc.constant(undefined)), (a, b, value) => {
        const [isA, isB] = [holds(a, value), holds(b, value)]
        expect(holds({ op: 'not', matcher: a }, value)).toBe(!isA)
        expect(holds({ op: 'and', matchers: [a, b] }, value)).toBe(isA && isB)
        expect(holds({ op: 'or', matchers: [a, b] }, value)).toBe(isA || isB)
      }),
    )
  })

  it('of two numbers exactly one of less, equal, more holds, whatever their size', () => {
    const number = fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }))
    fc.assert(
      fc.property(number, number, (a, b) => {
        const found = [
          holds({ op: 'lt', value: b }, a),
          holds({ op: 'eq', value: b }, a),
          holds({ op: 'gt', value: b }, a),
        ]
        expect(found.filter(Boolean)).toHaveLength(1)
        expect(holds({ op: 'lte', value: b }, a)).toBe(!holds({ op: 'gt', value: b }, a))
      }),
    )
  })

  it('every is any, when there is one item', () => {
    fc.assert(
      fc.property(matcher, json, (inner, value) => {
        expect(holds({ op: 'every', matcher: inner }, [value])).toBe(holds({ op: 'any', matcher: inner }, [value]))
      }),
    )
  })
})
