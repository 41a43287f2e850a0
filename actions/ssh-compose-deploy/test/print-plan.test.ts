import type { Preview } from '@deploy-actions/core/deploy/dry-run'
import { describe, expect, it } from '@jest/globals'
import { planLines, planOutcome } from '../src/print-plan.ts'
import { release } from './examples.ts'

const preview: Preview = {
  hostName: 'deploy@shop.example.org',
  project: 'shop',
  present: { release: undefined, text: 'nothing' },
  target: undefined,
  same: undefined,
  operations: [
    { kind: 'file', change: 'add', path: 'compose.yaml' },
    { kind: 'service', change: 'create', service: 'web', image: 'web:1' },
  ],
}

const SIGNS = 'project shop (+ added, ~ changed, - removed, = unchanged, ! attention, ▸ step)'

describe('planLines', () => {
  it('prints the project, what the signs mean, and each operation', () => {
    expect(planLines(preview)).toEqual([SIGNS, '+ file compose.yaml', '+ service web: web:1'])
  })

  it('prints that nothing is to be deployed, unless a pull brings another image', () => {
    const same = release('r1')
    const unchanged = '= r1 runs with the same files, variables and images, and is healthy'
    expect(planLines({ ...preview, same, operations: [] })).toEqual([SIGNS, unchanged])
    expect(planLines({ ...preview, same, operations: [{ kind: 'pull', image: 'web:1' }] })).toEqual([
      SIGNS,
      unchanged,
      '▸ pull web:1',
      '! deployed only if the pull brings another image',
    ])
  })
})

describe('planOutcome', () => {
  it.each([
    ['would deploy to /opt/shop on deploy@shop.example.org', {}],
    ['nothing to deploy, r1 runs', { same: release('r1') }],
    ['would roll back to r1', { target: release('r1') }],
  ])('reports what would be done, and that nothing was: %s', (intent, parts) => {
    expect(planOutcome({ ...preview, ...parts }, '/opt/shop')).toMatchObject({
      result: 'planned',
      runsNow: 'nothing',
      headline: `Dry run: ${intent}; nothing was changed`,
    })
  })
})
