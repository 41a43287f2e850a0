import { checkDisk, checkServer } from '@deploy-actions/core/deploy/preflight'
import { describe, expect, it } from '@jest/globals'
import { server } from './examples.ts'

describe('checkServer', () => {
  it('passes a server that has everything', () => {
    expect(checkServer(server(), 'srv', '/opt/app')).toEqual({ warnings: [] })
  })

  it('warns of a disk that is over 80 % full', () => {
    const { warnings } = checkServer(server({ dockerDisk: { sizeBytes: 10e9, freeBytes: 1e9 } }), 'srv', '/opt/app')
    expect(warnings).toEqual(["The server's disk is 90 % full: 1.0 GB left of 10.0 GB."])
  })

  it('reports everything that prevents a deploy at once', () => {
    const bad = server({
      missingTools: ['flock'],
      engine: 'permission denied while trying to connect',
      writable: false,
    })
    expect(() => checkServer(bad, 'srv', '/opt/app')).toThrow(
      /`flock` is not installed\n.*usermod -aG docker deploy\n.*no permission to write \/opt\/app/,
    )
  })
})

describe('checkDisk', () => {
  const full = server({ dockerDisk: { sizeBytes: 10e9, freeBytes: 1e8 } })

  it('refuses a new release where there is no room for its images', () => {
    expect(() => checkDisk(full, 'srv')).toThrow("the disk of Docker's data has only 100.0 MB left")
    expect(() => checkDisk(server(), 'srv')).not.toThrow()
  })

  it('is not asked for a rollback, which a full disk only makes more urgent', () => {
    expect(checkServer(full, 'srv', '/opt/app').warnings).toEqual([
      "The server's disk is 99 % full: 100.0 MB left of 10.0 GB.",
    ])
  })
})
