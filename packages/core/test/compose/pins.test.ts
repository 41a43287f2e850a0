import { pinTag, writePins } from '@deploy-actions/core/compose/pins'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const ID = `sha256:1a2b3c4d5e6f${'0'.repeat(52)}`

describe('writePins', () => {
  it('fixes the image of each service', () => {
    const text = writePins([
      { name: 'web', image: 'acme/web:deploy-1a2b3c4d5e6f', labels: { 'deploy-actions.mounts': '1e3' } },
      { name: '1', image: 'redis:deploy-1' },
    ])
    expect(parse(text)).toStrictEqual({
      services: {
        1: { image: 'redis:deploy-1', pull_policy: 'never' },
        web: {
          image: 'acme/web:deploy-1a2b3c4d5e6f',
          pull_policy: 'never',
          labels: { 'deploy-actions.mounts': '1e3' },
        },
      },
    })
  })

  it('keeps Compose from expanding a dollar sign', () => {
    expect(writePins([{ name: 'a', image: 'x', labels: { l: '$HOME' } }])).toContain('$$HOME')
  })

  it('writes no services as an empty map', () => {
    expect(parse(writePins([]))).toStrictEqual({ services: {} })
  })
})

describe('pinTag', () => {
  it.each([
    ['postgres', 'postgres:deploy-shop-1a2b3c4d5e6f'],
    ['ghcr.io/acme/web:1.2', 'ghcr.io/acme/web:deploy-shop-1a2b3c4d5e6f'],
    ['localhost:5000/web', 'localhost:5000/web:deploy-shop-1a2b3c4d5e6f'],
    [`reg.io:1/a/b:2@sha256:${'ab'.repeat(32)}`, 'reg.io:1/a/b:deploy-shop-1a2b3c4d5e6f'],
    [`sha256:${'ab'.repeat(32)}`, 'deploy-actions/image:deploy-shop-1a2b3c4d5e6f'],
    ['web:deploy-shop-0123456789ab', 'web:deploy-shop-1a2b3c4d5e6f'],
  ])('tags the image of %s as %s', (reference, tag) => {
    expect(pinTag(reference, ID, 'shop')).toBe(tag)
  })

  it('is another one for another project, and short enough for the longest name', () => {
    expect(pinTag('web', ID, 'staging')).not.toBe(pinTag('web', ID, 'production'))
    const [, tag = ''] = pinTag('web', ID, 'p'.repeat(200)).split(':')
    expect(tag).toMatch(/^deploy-[0-9a-f]{16}-1a2b3c4d5e6f$/)
  })
})
