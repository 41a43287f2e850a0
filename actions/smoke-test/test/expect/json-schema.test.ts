import { describe, expect, it } from '@jest/globals'
import { schemaMismatches } from '../../src/expect/json-schema.ts'

/** Years on any machine: what ends these tests is the limit alone. */
const ENDLESS = `${'a'.repeat(80)}!`

describe('schemaMismatches', () => {
  it.each<[string, unknown, unknown]>([
    ['pattern', { pattern: '^(a+)+$' }, ENDLESS],
    ['patternProperties', { patternProperties: { '^(a+)+$': { type: 'string' } } }, { [ENDLESS]: 1 }],
    ['propertyNames', { propertyNames: { pattern: '^(a+)+$' } }, { [ENDLESS]: 1 }],
  ])('ends a %s that backtracks without end, and says so', (_, schema, document) => {
    expect(schemaMismatches(schema, document)).toEqual([
      'took too long to compare with its schema; make the expressions in its patterns simpler',
    ])
  })

  it('goes on after that', () => {
    schemaMismatches({ pattern: '^(a+)+$' }, ENDLESS)
    expect(schemaMismatches({ pattern: '^a+$' }, 'aaa')).toEqual([])
    expect(schemaMismatches({ pattern: '^a+$' }, 'b')).toHaveLength(1)
  })

  it('says of a pattern that is none that it is none', () => {
    expect(schemaMismatches({ pattern: '(' }, 'b').join()).toContain(
      'cannot be compared with its schema: Invalid regular',
    )
  })
})
