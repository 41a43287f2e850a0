import { isOurs, runningDifferences, serviceContainers } from '@deploy-actions/core/release/running'
import { describe, expect, it } from '@jest/globals'
import { container, release } from './examples.ts'

const { services } = release(1)
const oneoff = { 'com.docker.compose.oneoff': 'True' }

describe('runningDifferences', () => {
  it('finds none when each container runs its recorded image', () => {
    expect(runningDifferences(services, [container()])).toEqual([])
  })

  it.each([
    ['another image', { imageId: 'sha256:v2' }, 'image', 'runs v2, not v1 (acme/web:v1)'],
    ['a service that the release lacks', { service: 'cron' }, 'service', 'is of a service that the release lacks'],
  ])('finds %s', (_, parts, kind, text) => {
    expect(runningDifferences(services, [container(parts)])).toMatchObject([{ kind, text }])
  })

  it('compares the configuration with whichever hash Compose computes', () => {
    const hashes = (...values: string[]) => new Map([['web', values]])
    expect(runningDifferences(services, [container()], hashes('other', 'hash-web'))).toEqual([])
    expect(runningDifferences(services, [container()], hashes('other'))).toMatchObject([{ kind: 'config' }])
    expect(runningDifferences(services, [container()], new Map())).toEqual([])
  })

  it('trusts the configuration of a container of ours whose hash cannot be computed', () => {
    const hashes = new Map([['web', ['other']]])
    const files = '/opt/shop/compose.yaml,/opt/shop/.deploy/releases/r1/images.yml'
    const ours = container({ labels: { 'com.docker.compose.project.config_files': files } })
    expect(runningDifferences(services, [ours], hashes, new Set(['web']))).toEqual([])
    expect(runningDifferences(services, [ours], hashes)).toMatchObject([{ kind: 'config' }])
    expect(runningDifferences(services, [container()], hashes, new Set(['web']))).toMatchObject([{ kind: 'config' }])
  })

  it('takes no notice of tasks, and of containers that left', () => {
    const others = [
      container({ imageId: 'sha256:x', labels: oneoff }),
      container({ service: 'old', name: 'deploy-left-0123456789ab' }),
    ]
    expect(serviceContainers(others)).toEqual([])
    expect(runningDifferences(services, others)).toEqual([])
  })

  it('leaves a missing container to the health check', () => {
    expect(runningDifferences(services, [])).toEqual([])
  })
})

describe('isOurs', () => {
  it('knows a container that was started from a release', () => {
    const files = '/opt/shop/compose.yaml,/opt/shop/.deploy/releases/r1/images.yml'
    expect(isOurs(container({ labels: { 'com.docker.compose.project.config_files': files } }))).toBe(true)
    expect(isOurs(container())).toBe(false)
  })
})
