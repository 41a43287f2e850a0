import { describe, expect, it } from '@jest/globals'
import { hashOfMounts } from '../src/mounts.ts'
import { planLines } from '../src/plan.ts'
import { checkServer } from '../src/preflight.ts'
import { summaryOf } from '../src/report.ts'

describe('hashOfMounts', () => {
  const checksums = new Map([
    ['infra/nginx/a.conf', '1'],
    ['infra/other', '2'],
  ])

  it('sees only what lies under a mounted folder', () => {
    const hash = hashOfMounts({ bindMounts: ['/p/infra/nginx'] }, '/p', checksums)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(hashOfMounts({ bindMounts: ['/p/infra/nginx'] }, '/p', new Map([...checksums, ['infra/other', '9']]))).toBe(
      hash,
    )
    expect(hashOfMounts({ bindMounts: ['/p/infra/nginx'] }, '/p', new Map([['infra/nginx/a.conf', '9']]))).not.toBe(
      hash,
    )
  })

  it('is not there for a service that mounts nothing that is shipped', () => {
    expect(
      hashOfMounts({ bindMounts: ['/var/run/docker.sock', '/p/infra/nginx-data'] }, '/p', checksums),
    ).toBeUndefined()
  })
})

describe('checkServer', () => {
  const good = {
    user: 'deploy',
    missingTools: [],
    engine: '26.1.5 linux/amd64',
    compose: '2.26.1-4',
    pythonCompose: '',
    writable: true,
    realPath: '/opt/app',
    disk: { sizeBytes: 10e9, freeBytes: 5e9 },
    dockerDisk: { sizeBytes: 10e9, freeBytes: 5e9 },
  }

  it('passes a server that has all', () => {
    expect(checkServer(good, 'srv', '/opt/app')).toEqual({ warnings: [] })
  })

  it('warns of a disk that is over 80 % full', () => {
    const { warnings } = checkServer({ ...good, dockerDisk: { sizeBytes: 10e9, freeBytes: 1e9 } }, 'srv', '/opt/app')
    expect(warnings).toEqual(["The server's disk is 90 % full: 1.0 GB left of 10.0 GB."])
  })

  it('tells everything that is in the way', () => {
    const bad = {
      ...good,
      missingTools: ['flock'],
      engine: 'permission denied while trying to connect',
      writable: false,
    }
    expect(() => checkServer(bad, 'srv', '/opt/app')).toThrow(
      /`flock` is not installed\n.*usermod -aG docker deploy\n.*\/opt\/app cannot be written/,
    )
  })
})

describe('planLines', () => {
  it('marks what is new, changed, gone and kept', () => {
    const lines = planLines({
      project: 'shop',
      files: { added: ['a'], changed: ['b'], removed: ['c'], same: ['d', 'e'] },
      drift: ['b'],
      env: 'written',
      services: [
        { name: 'web', image: 'web:2', isLocal: false, before: 'web:1' },
        { name: 'db', image: 'postgres:17', isLocal: true, before: 'postgres:17' },
      ],
      gone: ['cron'],
      pull: 'missing',
    })
    expect(lines).toEqual([
      'project shop',
      '+ file a',
      '~ file b',
      '- file c',
      '= 2 files',
      '! file b was changed by hand on the server; that state would be recorded first',
      '~ .env is written anew',
      '~ service web: web:1 → web:2 (pulled)',
      '= service db: postgres:17 (not pulled)',
      '- service cron',
    ])
  })
})

describe('summaryOf', () => {
  it('cannot be broken out of by a log line', () => {
    const summary = summaryOf(
      {
        result: 'failed',
        release: undefined,
        previous: undefined,
        headline: 'x',
        evidence: [{ title: 'logs of <b>', lines: ['```', '</details><h1>'] }],
      },
      'srv',
      [],
    )
    expect(summary).toContain('````text\n```\n</details><h1>\n````')
    expect(summary).toContain('logs of &lt;b>')
  })
})
