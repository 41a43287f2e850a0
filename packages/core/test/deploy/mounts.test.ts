import { hashOfMounts } from '@deploy-actions/core/deploy/mounts'
import { describe, expect, it } from '@jest/globals'

describe('hashOfMounts', () => {
  const checksums = new Map([
    ['infra/nginx/a.conf', '1'],
    ['infra/other', '2'],
  ])
  const mounting = { bindMounts: ['/p/infra/nginx'] }

  it('covers only what lies under a mounted folder', () => {
    const hash = hashOfMounts(mounting, '/p', checksums)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(hashOfMounts(mounting, '/p', new Map([...checksums, ['infra/other', '9']]))).toBe(hash)
    expect(hashOfMounts(mounting, '/p', new Map([['infra/nginx/a.conf', '9']]))).not.toBe(hash)
  })

  it('does not exist for a service that mounts nothing that is shipped', () => {
    const bindMounts = ['/var/run/docker.sock', '/p/infra/nginx-data']
    expect(hashOfMounts({ bindMounts }, '/p', checksums)).toBeUndefined()
  })
})
