import { compareChecksums } from '@deploy-actions/core/release/manifest'
import { planValues, writePlan } from '@deploy-actions/core/release/plan-file'
import { parseSections } from '@deploy-actions/core/release/sections'
import { parseServer } from '@deploy-actions/core/release/survey'
import { describe, expect, it } from '@jest/globals'

describe('compareChecksums', () => {
  it('tells added, changed, removed and same apart', () => {
    const before = new Map([
      ['same', '1'],
      ['changed', '1'],
      ['removed', '1'],
    ])
    const after = new Map([
      ['same', '1'],
      ['changed', '2'],
      ['added', '1'],
    ])
    expect(compareChecksums(before, after)).toEqual({
      added: ['added'],
      changed: ['changed'],
      removed: ['removed'],
      same: ['same'],
    })
  })
})

describe('writePlan', () => {
  const plan = {
    project: 'shop',
    composeFiles: ['a.yml', 'b c.yml'],
    services: ['web'],
    links: [],
    pins: [{ imageId: 'sha256:1', tag: 'web:deploy-1' }],
    executables: ['./run.sh'],
    env: 'written',
    timeout: 12.3,
  } as const

  it('writes a line each, which are read back by key', () => {
    expect(planValues(writePlan(plan), 'compose')).toEqual(['a.yml', 'b c.yml'])
    expect(planValues(writePlan(plan), 'timeout')).toEqual(['13'])
  })

  it('refuses a name that would make a line of its own', () => {
    expect(() => writePlan({ ...plan, composeFiles: ['a\nservice db'] })).toThrow('line break')
  })
})

describe('parseServer', () => {
  it('reads what the survey script printed', () => {
    const output = [
      'noise before',
      'M7 user',
      'deploy',
      '',
      'M7 missing',
      'flock',
      '',
      'M7 engine',
      '26.1.5 linux/amd64',
      'M7 compose',
      '2.26.1-4',
      'M7 writable',
      'yes',
      'M7 real',
      '/opt/app',
      'M7 disk',
      '/dev/vda1        1000  900   100      90% /',
      'M7 end',
    ].join('\n')
    expect(parseServer(parseSections(output, 'M7'))).toEqual({
      user: 'deploy',
      missingTools: ['flock'],
      engine: '26.1.5 linux/amd64',
      compose: '2.26.1-4',
      pythonCompose: '',
      writable: true,
      realPath: '/opt/app',
      disk: { sizeBytes: 1_024_000, freeBytes: 102_400 },
      dockerDisk: undefined,
    })
  })
})
