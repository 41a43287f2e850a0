import { chooseImages, imageProblems, resolveServices, runningServices } from '@deploy-actions/core/deploy/images'
import { mountsLabel } from '@deploy-actions/core/deploy/mounts'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'
import { candidate } from './examples.ts'

const { config, images: local } = candidate({
  web: { image: 'acme/web:v1' },
  db: { image: 'postgres:17' },
})
const db = { name: 'db', image: 'postgres:17', imageId: 'sha256:pg', pin: 'postgres:deploy-shop-pg' }

describe('chooseImages', () => {
  it('keeps an accessory that runs, and pulls the rest', () => {
    const choice = chooseImages(config.services, { images: [], pull: 'always' }, [db], local)
    expect(choice).toEqual({ pull: ['acme/web:v1'], keep: new Map([['db', db]]) })
  })

  it('pulls an accessory whose reference changed, or that does not run yet', () => {
    const older = { ...db, image: 'postgres:16' }
    for (const running of [[older], []]) {
      expect(chooseImages(config.services, { images: [], pull: 'always' }, running, local).pull).toContain(
        'postgres:17',
      )
    }
  })

  it.each([
    ['missing', ['postgres:17']],
    ['never', []],
  ] as const)('with pull: %s pulls %j', (pull, expected) => {
    expect(chooseImages(config.services, { images: [], pull }, [], local).pull).toEqual(expected)
  })
})

describe('chooseImages, for a service with a pull_policy', () => {
  const pulled = (policy: string, pull: 'always' | 'missing' | 'never', isHere: boolean) => {
    const { config: one } = candidate({ web: { image: 'acme/web:v1', pull_policy: policy } })
    return chooseImages(one.services, { images: [], pull }, [], isHere ? local : new Map()).pull.length > 0
  }

  it.each([
    ['never', 'always', false, false],
    ['build', 'always', false, false],
    ['missing', 'always', true, false],
    ['if_not_present', 'always', false, true],
    ['always', 'missing', true, true],
    ['daily', 'missing', true, true],
    ['always', 'never', false, false],
  ] as const)('%s and pull: %s, with the image there: %s', (policy, pull, isHere, expected) => {
    expect(pulled(policy, pull, isHere)).toBe(expected)
  })

  it('names the policy where the image is nowhere', () => {
    const { config: one } = candidate({ web: { image: 'gone:1', pull_policy: 'never' } })
    const [problem] = imageProblems(one, { pull: [], keep: new Map() }, new Map())
    expect(problem?.message).toContain('its `pull_policy: never`')
  })
})

describe('imageProblems', () => {
  const none = { pull: [], keep: new Map() }

  it('names services without an image, and images that are nowhere', () => {
    const { config: broken } = candidate({
      a: { build: {} },
      b: {},
      c: { image: 'gone:1' },
      web: { image: 'acme/web:v1' },
    })
    expect(imageProblems(broken, none, local).map(({ message }) => message)).toEqual([
      expect.stringContaining('a has `build:` but no `image:`'),
      expect.stringContaining('b has no `image:`'),
      expect.stringContaining('c needs gone:1'),
    ])
  })

  it('has none for what is pulled or kept', () => {
    expect(imageProblems(config, { pull: ['acme/web:v1'], keep: new Map([['db', db]]) }, new Map())).toEqual([])
  })
})

describe('resolveServices', () => {
  it('records each image with its digest, our tag and its mounts', () => {
    const services = resolveServices(
      config,
      { pull: [], keep: new Map([['db', { ...db, mounts: 'old' }]]) },
      local,
      ({ name }) => (name === 'web' ? 'm1' : undefined),
    )
    expect(services).toEqual([
      {
        name: 'web',
        image: 'acme/web:v1',
        imageId: 'sha256:v1',
        digest: 'acme/web@sha256:d1',
        pin: 'acme/web:deploy-shop-v1',
        mounts: 'm1',
      },
      db,
    ])
  })

  it('leaves out what is not on the server yet', () => {
    expect(resolveServices(config, { pull: [], keep: new Map() }, new Map(), () => undefined)).toEqual([])
  })
})

describe('runningServices', () => {
  it('has on record which service was not healthy', () => {
    const containers = [container(), container({ service: 'job', status: 'exited' })]
    expect(runningServices(containers, [], new Map(), 'shop').map(({ found }) => found)).toEqual([
      undefined,
      'exited (0)',
    ])
    const sick = [container({ health: 'unhealthy' })]
    expect(runningServices(sick, [], new Map(), 'shop')[0]?.found).toBe('unhealthy')
  })

  it('takes the words of the record for an image that it knows', () => {
    const [known] = runningServices(
      [container({ image: 'acme/web:deploy-shop-v1' })],
      release(1).services,
      new Map(),
      'shop',
    )
    expect(known).toMatchObject({ image: 'acme/web:v1', pin: 'acme/web:deploy-shop-v1' })
  })

  it('records what was started manually, with the digest and the mounts label', () => {
    const containers = [container({ labels: { [mountsLabel]: 'm1' } })]
    const images = new Map([['sha256:v1', { id: 'sha256:v1', digests: ['acme/web@sha256:d1'] }]])
    expect(runningServices(containers, [], images, 'shop')).toEqual([
      {
        name: 'web',
        image: 'acme/web:v1',
        imageId: 'sha256:v1',
        digest: 'acme/web@sha256:d1',
        pin: 'acme/web:deploy-shop-v1',
        mounts: 'm1',
      },
    ])
  })
})
