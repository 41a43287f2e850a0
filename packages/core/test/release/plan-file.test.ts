import { planValues, writePlanFile } from '@deploy-actions/core/release/plan-file'
import { describe, expect, it } from '@jest/globals'

const plan = {
  project: 'shop',
  composeFiles: ['a.yml', 'b c.yml'],
  services: [{ name: 'web', imageId: 'sha256:1' }],
  optional: ['web'],
  links: ['data/current'],
  pins: [{ imageId: 'sha256:1', tag: 'web:deploy-shop-1' }],
  env: 'written',
  foreign: ['data/own.conf'],
  envMode: '600',
  timeout: 12.3,
} as const

describe('writePlanFile', () => {
  it('writes lines that the program reads', () => {
    expect(writePlanFile(plan)).toBe(
      [
        'project shop',
        'compose a.yml',
        'compose b c.yml',
        'service web',
        'image web sha256:1',
        'optional web',
        'link data/current',
        'foreign data/own.conf',
        'pin sha256:1 web:deploy-shop-1',
        'env written',
        'env-mode 600',
        'timeout 13',
        '',
      ].join('\n'),
    )
  })

  it('is read back by key', () => {
    expect(planValues(writePlanFile(plan), 'compose')).toEqual(['a.yml', 'b c.yml'])
    expect(planValues(writePlanFile(plan), 'missing')).toEqual([])
  })

  it('refuses a name that would make a line of its own', () => {
    expect(() => writePlanFile({ ...plan, composeFiles: ['a\nservice db'] })).toThrow('line break')
  })
})
