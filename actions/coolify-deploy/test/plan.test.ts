import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import type { Application, Resource, ServerImage } from '@deploy-actions/core/coolify/resource'
import { parseVersion } from '@deploy-actions/core/coolify/version'
import { describe, expect, it } from '@jest/globals'
import { planLines } from '../src/dry-run.ts'
import { type Facts, planFor } from '../src/plan.ts'
import { isImmutable } from '../src/rollback-target.ts'
import { inputsOf } from './read-inputs.ts'

const [A, B, C] = ['a', 'b', 'c'].map(letter => letter.repeat(40)) as [string, string, string]

const app: Application = {
  kind: 'application',
  uuid: 'shop',
  name: 'shop',
  status: 'running:healthy',
  seenAt: undefined,
  domains: [],
  buildPack: 'dockerimage',
  image: { name: 'ghcr.io/acme/shop', tag: 'sha-0000001' },
  pinnedCommit: undefined,
}
const git: Application = { ...app, buildPack: 'nixpacks', image: undefined }
const service: Resource = { ...app, kind: 'service' }

function deployment(commit: string | undefined, status = 'finished', pullRequest = 0): Deployment {
  const times = { createdAt: 0, finishedAt: 0 }
  return {
    uuid: `d-${commit}`,
    status,
    commit,
    pullRequest,
    imageTag: undefined,
    destination: '0/1',
    path: '',
    logs: '',
    ...times,
  }
}

function plan(
  given: Record<string, string>,
  resource: Resource | Application,
  more: Partial<Omit<Facts, 'version'>> & { version?: string } = {},
) {
  const { version = '4.3.11', ...facts } = more
  const parsed = parseVersion(version)
  if (!parsed) throw new Error(version)
  const inputs = inputsOf({ webhook: 'https://c.example/api/v1/deploy?uuid=shop', token: '1|a', ...given })
  return planFor(inputs, { resource, deployments: [], serverImages: undefined, ...facts, version: parsed })
}

describe('an application that runs an image', () => {
  it('gets the tag, is deployed with force, and is rolled back to the previous tag', () => {
    const { step, previous, rollbackStep } = plan({ 'image-tag': 'sha-0000002' }, app)
    const [from, to] = ['sha-0000001', 'sha-0000002'].map(tag => ({ name: 'ghcr.io/acme/shop', tag }))
    expect(step).toEqual({
      change: { kind: 'image', from, to },
      start: { kind: 'deploy', force: true },
      version: 'sha-0000002',
    })
    expect(previous).toBe('sha-0000001')
    expect(rollbackStep).toMatchObject({ change: { from: to, to: from }, version: 'sha-0000001' })
  })

  it('has nothing set when the tag stands already, and then cannot be rolled back', () => {
    const { step, rollbackStep } = plan({ 'image-tag': 'sha-0000001' }, app)
    expect(step).toMatchObject({ change: undefined, start: { force: true } })
    expect(rollbackStep).toEqual({ none: expect.stringContaining('set `image-tag`') })
  })

  it('keeps its name where another spelling means the same image', () => {
    const hub = { ...app, image: { name: 'acme/shop', tag: '1' } }
    expect(plan({ image: 'docker.io/acme/shop:2' }, hub).step.change).toMatchObject({
      to: { name: 'acme/shop', tag: '2' },
    })
    expect(plan({ image: 'ghcr.io/acme/shop:2' }, hub).step.change).toMatchObject({ to: { name: 'ghcr.io/acme/shop' } })
  })

  it('rolls back to a tag in every version', () => {
    const { step, rollbackStep } = plan({ mode: 'rollback', to: '1.0.0' }, app, { version: '4.0.0-beta.440' })
    expect(step).toMatchObject({
      change: { to: { tag: '1.0.0' } },
      start: { kind: 'deploy', force: true },
      version: '1.0.0',
    })
    expect(rollbackStep).toHaveProperty('none')
  })

  it('takes no commit', () => expect(() => plan({ commit: A }, app)).toThrow('set `image-tag` in place of `commit`'))

  it('has previews by tag, where the version knows them', () => {
    const given = { 'pull-request': '7', 'image-tag': 'pr-7' }
    expect(plan(given, app).step).toEqual({
      change: undefined,
      start: { kind: 'deploy', force: true, pullRequest: 7, imageTag: 'pr-7' },
      version: 'pr-7',
    })
    expect(() => plan(given, app, { version: '4.0.0-beta.470' })).toThrow('4.0.0-beta.471 and later can')
    expect(() => plan({ 'pull-request': '7', image: 'other/image:1' }, app)).toThrow('not another image')
  })
})

describe('the tag before the current one', () => {
  const image = (tag: string, builtAt: number | undefined): ServerImage => ({ tag, builtAt, isCurrent: false })
  const previous = (images: readonly ServerImage[] | undefined, version = '4.3.11') =>
    plan({ mode: 'rollback', to: 'previous' }, app, { serverImages: images, version }).step.version

  it('is that of the newest older image that the server has', () => {
    const images = [image('sha-0000001', 30), image('1.0.0', 10), image('sha-0000000', 20), image('sha-0000002', 40)]
    expect(previous(images)).toBe('sha-0000000')
  })

  it('is never one that moves', () => {
    expect(previous([image('sha-0000001', 30), image('latest', 20), image('1.0.0', 10)])).toBe('1.0.0')
  })

  it.each([
    [undefined, '4.2.0', /4.2.0 does not report what ran before \(4.3.0 and later report/],
    [[], '4.3.11', /image is not on the server.*no other image/],
    [[image('1.0.0', 10)], '4.3.11', /image is not on the server.*the server has 1.0.0/],
    [[image('sha-0000001', 10), image('2.0.0', 20)], '4.3.11', /no older image: the server has 2.0.0/],
    [[image('sha-0000001', undefined), image('1.0.0', 20)], '4.3.11', /the previous one is unknown/],
  ])('is not guessed from %j on %s', (images, version, message) =>
    expect(() => previous(images, version)).toThrow(message),
  )

  it.each(['1.2.3', 'v1.2.3-rc.1', 'sha-abcdef0', 'main-0123abc', `sha256-${'0'.repeat(64)}`, '0123abcd'])(
    '%s lasts',
    tag => expect(isImmutable(tag)).toBe(true),
  )
  it.each(['latest', 'main', 'develop-latest', '1', '1.2', 'edge', 'stable', 'deadbeef-latest'])('%s moves', tag =>
    expect(isImmutable(tag)).toBe(false),
  )
})

describe('an application that is built from git', () => {
  const history = [deployment(B, 'failed'), deployment(A), deployment(A), deployment(C, 'finished', 7), deployment(C)]

  it('deploys its branch, and rolls back to the last commit that finished', () => {
    const { step, previous, rollbackStep } = plan({}, git, { deployments: history })
    expect(step).toEqual({ change: undefined, start: { kind: 'deploy', force: false }, version: undefined })
    expect(previous).toBe(A)
    expect(rollbackStep).toEqual({ change: undefined, start: { kind: 'rollback', commit: A }, version: A })
  })

  it('is pinned for a commit; it is rolled back by a pin where Coolify has no rollback, and not at all before it honours pins', () => {
    expect(plan({ commit: B }, git).step.change).toEqual({ kind: 'commit', from: undefined, to: B })
    expect(plan({ commit: B }, git, { deployments: history, version: '4.2.0' }).rollbackStep).toMatchObject({
      change: { kind: 'commit', from: undefined, to: A },
      start: { kind: 'deploy' },
    })
    expect(plan({}, git, { deployments: history, version: '4.1.0' }).rollbackStep).toEqual({
      none: expect.stringContaining('4.2.0'),
    })
    expect(() => plan({ commit: B }, git, { version: '4.1.2' })).toThrow('4.2.0 and later can')
  })

  it('that is pinned stays pinned, to the commit of a rollback', () => {
    const pinned = { ...git, pinnedCommit: A }
    expect(plan({ mode: 'rollback', to: C }, pinned, { deployments: history }).step).toMatchObject({
      change: { kind: 'commit', from: A, to: C },
      start: { kind: 'deploy' },
    })
  })

  it.each([
    ['previous', C],
    [C.slice(0, 7), C],
    [`sha-${C.slice(0, 7)}`, C],
    [B, B],
  ])('rolls back to %s', (to, commit) => {
    expect(plan({ mode: 'rollback', to: to }, git, { deployments: history }).step.version).toBe(commit)
  })

  it('rolls back to what ran before the current commit ran first, not to the unhealthy one in between', () => {
    const ran = [A, B, A, C].map((commit, index) => ({ ...deployment(commit), uuid: `d${index}` }))
    expect(plan({ mode: 'rollback', to: 'previous' }, git, { deployments: ran }).step.version).toBe(C)
  })

  it.each([
    ['ffffff0', history, /not a commit of its last deployments \(aaaaaaa, ccccccc\)/],
    ['1.2.3', history, /write the full SHA/],
    ['previous', [], /no finished deployment/],
    ['previous', [deployment(A)], /nothing before aaaaaaa among/],
  ])('does not guess what %s is', (to, deployments, message) => {
    expect(() => plan({ mode: 'rollback', to: to }, git, { deployments })).toThrow(message)
  })

  it('takes no image tag', () => expect(() => plan({ 'image-tag': '1' }, git)).toThrow('is built by Coolify from Git'))
})

describe('a service or a database', () => {
  it('is started; a service with new images', () => {
    expect(plan({}, service).step.start).toEqual({ kind: 'service', pull: true })
    expect(plan({ pull: 'missing' }, service).step.start).toEqual({ kind: 'service', pull: false })
    expect(plan({}, { ...service, kind: 'database' }).step.start).toEqual({ kind: 'deploy', force: false })
  })

  it.each([{ 'image-tag': '1' }, { commit: A }, { mode: 'rollback', to: '1' }, { 'pull-request': '7' }])(
    'takes no %j',
    given => {
      expect(() => plan(given, service)).toThrow(/is a service/)
    },
  )
})

it('a plan is printed', () => {
  const given = {
    webhook: 'https://c.example/api/v1/deploy?uuid=shop',
    token: '1|a',
    'image-tag': 'sha-0000002',
    'health-url': '/health',
  }
  expect(planLines(plan(given, app), inputsOf(given))).toEqual([
    'shop (application, image, now running:healthy, at sha-0000001)',
    '  set the tag sha-0000001 → sha-0000002',
    '  deploy sha-0000002',
    '  wait until it is finished and running and /health returns 2xx',
    '  on failure: roll back to sha-0000001',
  ])
})
