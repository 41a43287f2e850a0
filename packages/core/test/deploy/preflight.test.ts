import { checkServer } from '@deploy-actions/core/deploy/preflight'
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
