import { describe, expect, it } from '@jest/globals'
import { planLines, planOutcome } from '../src/print-plan.ts'

const preview = {
  hostName: 'deploy@shop.example.org',
  project: 'shop',
  held: undefined,
  target: undefined,
  operations: [
    { kind: 'file', change: 'add', path: 'compose.yaml' },
    { kind: 'service', change: 'create', service: 'web', image: 'web:1' },
  ],
} as const

describe('planLines', () => {
  it('prints the project and each operation', () => {
    expect(planLines(preview)).toEqual(['project shop', '+ file compose.yaml', '+ service web: web:1'])
  })
})

describe('planOutcome', () => {
  it('reports that nothing was changed', () => {
    expect(planOutcome(preview, '/opt/shop')).toMatchObject({
      result: 'unchanged',
      headline: 'Dry run: would deploy to /opt/shop on deploy@shop.example.org; nothing was changed',
    })
  })
})
