import { hashOfMounts } from '@deploy-actions/core/deploy/mounts'
import { describe, expect, it } from '@jest/globals'

describe('hashOfMounts', () => {
  const checksums = new Map([
    ['infra/nginx/a.conf', '1'],
    ['infra/other', '2'],
  ])
  const mounting = { bindMounts: ['/p/infra/nginx'], provided: [] }
  const none = new Map<string, string>()

  it('covers only what lies under a mounted folder', () => {
    const hash = hashOfMounts(mounting, '/p', checksums, none)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(hashOfMounts(mounting, '/p', new Map([...checksums, ['infra/other', '9']]), none)).toBe(hash)
    expect(hashOfMounts(mounting, '/p', new Map([['infra/nginx/a.conf', '9']]), none)).not.toBe(hash)
  })

  it('does not exist for a service that mounts nothing that is shipped', () => {
    const bindMounts = ['/var/run/docker.sock', '/p/infra/nginx-data']
    expect(hashOfMounts({ bindMounts, provided: [] }, '/p', checksums, none)).toBeUndefined()
    const provided = [{ kind: 'secret', name: 'external' }] as const
    expect(hashOfMounts({ bindMounts, provided }, '/p', checksums, none)).toBeUndefined()
  })

  it('covers what Compose writes into a config or secret, and does not show it', () => {
    const hash = (content: string, token: string) =>
      hashOfMounts(
        {
          bindMounts: [],
          provided: [
            { kind: 'config', name: 'motd', content },
            { kind: 'secret', name: 'token', variable: 'TOKEN' },
          ],
        },
        '/p',
        none,
        new Map([['TOKEN', token]]),
      )
    expect(hash('hello', 'a')).toMatch(/^[0-9a-f]{16}$/)
    expect(hash('hello', 'a')).toBe(hash('hello', 'a'))
    expect(hash('hello', 'b')).not.toBe(hash('hello', 'a'))
    expect(hash('bye', 'a')).not.toBe(hash('hello', 'a'))
  })
})
