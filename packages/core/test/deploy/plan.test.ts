import type { Candidate } from '@deploy-actions/core/deploy/candidate'
import { fingerprintOf } from '@deploy-actions/core/deploy/documents'
import { describe as textOf } from '@deploy-actions/core/deploy/operation'
import { plan, planRollback } from '@deploy-actions/core/deploy/plan'
import type { StoreSurvey } from '@deploy-actions/core/release/survey'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'
import { candidate, different, payload, server, store } from './examples.ts'

const options = { images: [], pull: 'always', keepReleases: 5 } as const
const manifest = (...paths: string[]) => paths.map(path => `${'a'.repeat(64)}  ${path}\n`).join('')

function planFor(found: StoreSurvey, parts: Partial<Candidate> = {}, more: Parameters<typeof server>[0] = {}) {
  const made = candidate(undefined, parts)
  return plan({ path: '/opt/shop', server: server(more), store: found }, made, options, made.images)
}

describe('plan', () => {
  it('lists everything that a first deploy does', () => {
    const made = candidate(
      { web: { image: 'acme/web:v1' }, db: { image: 'postgres:17' } },
      {
        payload: payload({ 'conf/a': 'x' }, { env: "TAG='1'\n" }),
      },
    )
    const { operations, problems, warnings } = plan(
      { path: '/opt/shop', server: server({ realPath: undefined }), store: store(undefined) },
      made,
      options,
      made.images,
    )
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
    expect(operations.map(textOf)).toEqual([
      '! record what the server has now as the rollback point: nothing runs here yet',
      '▸ pull acme/web:v1',
      '▸ pull postgres:17',
      '+ file compose.yaml',
      '+ file conf/a',
      '~ write .env',
      '+ service web: acme/web:v1',
      '+ service db: postgres:17',
      '▸ switch to the new release: files, .env, docker compose up',
      '▸ verify health, image IDs, checksums and .env',
      '▸ confirm the release',
      '▸ prune old releases: the newest 5 stay',
    ])
  })

  it('tells new, replaced, removed and unchanged files apart, and services that leave', () => {
    const { operations } = planFor(
      store(release(1), { manifest: manifest('compose.yaml', 'old.conf'), plan: 'link old-link\n' }),
      {
        payload: payload({ a: '1', b: '2' }),
        existing: new Map([
          ['compose.yaml', 'file'],
          ['a', 'file'],
        ]),
        changes: different('a'),
        leaving: ['old.conf', 'old-link'],
        containers: [container(), container({ service: 'cron' })],
      },
    )
    const texts = operations.map(textOf)
    expect(texts.filter(text => / files? /.test(text))).toEqual([
      '+ file b',
      '~ file a',
      '- file old.conf',
      '- file old-link',
      '= 1 file unchanged',
    ])
    expect(texts).toContain('= service web: acme/web:v1, unless the pull brings another image')
    expect(texts).toContain('- service cron')
  })

  it('is the same decision for a dry run and a run: only images become known', () => {
    const made = candidate(undefined, { images: new Map() })
    const facts = { path: '/opt/shop', server: server(), store: store(undefined) }
    const before = plan(facts, made, options, made.images)
    const after = plan(facts, made, options, candidate().images)
    expect(after.operations).toEqual(before.operations)
    expect(before.services).toEqual([])
    expect(after.services).toMatchObject([{ name: 'web', imageId: 'sha256:v1' }])
  })

  it('finds that nothing changes only when everything is the same', () => {
    const made = candidate(undefined, { containers: [container()] })
    const facts = (found: StoreSurvey) => ({ path: '/opt/shop', server: server(), store: found })
    const { services } = plan(facts(store(undefined)), made, options, made.images)
    const same = release(1, { services, fingerprint: fingerprintOf(made.payload, 'shop', services) })
    const samePlan = (found: StoreSurvey, images = made.images) => plan(facts(found), made, options, images).same
    expect(samePlan(store(same))).toBe(same)
    expect(samePlan(store({ ...same, fingerprint: 'other' }))).toBeUndefined()
    expect(samePlan(store({ ...same, state: 'failed' }))).toBeUndefined()
    expect(samePlan(store(same, { differences: different('a') }))).toBeUndefined()
    expect(samePlan(store(same), new Map([['acme/web:v1', { id: 'sha256:moved', digests: [] }]]))).toBeUndefined()
    const stopped = { ...made, containers: [container({ imageId: 'sha256:other' })] }
    expect(plan(facts(store(same)), stopped, options, made.images).same).toBeUndefined()
  })

  it('refuses what stands in the way of the files, all at once', () => {
    const { problems } = planFor(
      store(undefined),
      { blocked: ['conf is a directory on the server, and a file in this release'], unwritable: ['cache'] },
      { projects: [{ project: 'old', directory: '/opt/shop', realDirectory: '/opt/shop' }] },
    )
    expect(problems.map(({ title }) => title)).toEqual([
      'Files cannot be replaced on the server',
      'No permission to write files on the server',
      '/opt/shop holds another project: old',
    ])
    expect(problems[0]?.message).toContain('conf is a directory')
    expect(problems[1]?.message).toContain('cache')
  })

  it('refuses a deploy without a file that the workspace has, and warns of mounts that will be empty', () => {
    const { problems, warnings } = planFor(store(undefined), {
      missing: [
        { path: 'public', services: ['web'], isRequired: false, found: 'public' },
        { path: 'data', services: ['db'], isRequired: false },
      ],
    })
    expect(problems.map(({ title }) => title)).toEqual(['public is not uploaded'])
    expect(warnings).toMatchObject([
      { title: 'Mounted paths do not exist yet', text: expect.stringContaining('data (db)') },
    ])
  })

  it('warns of variables that nobody sets, and names nothing of a value in .env', () => {
    const variables = [
      { name: 'DB_PASSWORD', services: ['db', 'web'] },
      { name: 'UID', services: [] },
    ]
    const { warnings, problems } = planFor(store(undefined), { unset: { variables, isInEnv: true } })
    expect(problems).toEqual([])
    expect(warnings).toMatchObject([
      { text: expect.stringContaining('Nobody sets DB_PASSWORD (db, web), UID: Compose takes an empty text') },
      { title: 'Values in .env are cut at a dollar sign' },
    ])
  })

  it('warns of networks and volumes that are there with other settings', () => {
    const { warnings, problems } = planFor(store(undefined), {
      changedResources: [
        { kind: 'volume', name: 'shop_data', settings: ['driver_opts.o'], isRecreated: false },
        { kind: 'network', name: 'shop_a', settings: ['internal'], isRecreated: false },
        { kind: 'network', name: 'shop_b', settings: ['subnet 10.2.0.0/16'], isRecreated: true },
      ],
    })
    expect(problems).toEqual([])
    expect(warnings).toMatchObject([
      { title: 'Changed volumes are not applied', text: expect.stringContaining('shop_data (driver_opts.o).') },
      { title: 'Changed networks are not applied', text: expect.stringContaining('docker compose -p shop down') },
      { title: 'Networks are recreated', text: expect.stringContaining('shop_b (subnet 10.2.0.0/16).') },
    ])
  })

  it('refuses a profile that no service has', () => {
    const unknownProfiles = { names: ['debugg'], existing: ['debug'] }
    const { problems } = planFor(store(undefined), { unknownProfiles })
    expect(problems).toMatchObject([{ title: 'Profile debugg does not exist' }])
  })

  it('refuses ${PWD}, which would be the root of the server', () => {
    const variables = [{ name: 'PWD', services: ['web'] }]
    const { problems } = planFor(store(undefined), { unset: { variables, isInEnv: false } })
    expect(problems).toMatchObject([{ next: 'Write a relative path in its place: ./data is /opt/shop/data.' }])
  })

  it('warns of files that a container changed and that are overwritten', () => {
    const { warnings, rollbackPoint } = planFor(store(release(1), { differences: different('acme.json') }), {
      payload: payload({ 'acme.json': '' }),
      existing: new Map([['acme.json', 'file']]),
      changes: different('acme.json'),
    })
    expect(warnings).toMatchObject([{ text: expect.stringContaining('acme.json') }])
    expect(rollbackPoint.kind).toBe('adopt')
  })

  it('warns of compose files that the running project has and the deploy does not', () => {
    const files = '/opt/shop/compose.yaml,/opt/shop/compose.override.yaml'
    const { warnings, operations } = planFor(store(undefined), {
      containers: [container({ labels: { 'com.docker.compose.project.config_files': files } })],
    })
    expect(warnings).toMatchObject([{ text: expect.stringContaining('compose.override.yaml') }])
    expect(warnings[0]?.text).toContain('They stay on the server')
    expect(operations.map(textOf).filter(text => text.startsWith('- file'))).toEqual([])
  })

  it.each([
    ['the project directory', '/opt/shop', true],
    ['a directory above it', '/opt', true],
    ['the whole disk', '/', true],
    ['a release', '/opt/shop/.deploy/releases', true],
    ['a directory of the project', '/opt/shop/conf', false],
    ['a directory with a name that begins in the same way', '/opt/sho', false],
  ])('warns where a container sees the releases: %s', (_, source, isWarned) => {
    const volumes = [{ type: 'bind', source, target: '/srv' }]
    const made = candidate(
      { web: { image: 'acme/web:v1', volumes } },
      { directory: '/opt/shop/.deploy/tmp/run.1/preview/shop' },
    )
    const facts = { path: '/opt/shop', server: server(), store: store(undefined) }
    const { warnings } = plan(facts, made, options, made.images)
    expect(warnings.map(({ title }) => title)).toEqual(
      isWarned ? ['Containers can read the secrets of all kept releases'] : [],
    )
  })

  it('saves a change under a release that was kept, and rolls back to the confirmed one', () => {
    const failed = release(2, { state: 'failed' })
    const found = store(failed, { releases: [release(1), failed], confirmed: release(1), differences: different('a') })
    const { rollbackPoint, operations } = planFor(found)
    expect(rollbackPoint).toMatchObject({ release: { id: 'r1' }, save: 'changed on the server: a' })
    expect(textOf(operations[0] ?? { kind: 'verify' })).toBe(
      '! save what the server has now, beside the rollback point r1: changed on the server: a',
    )
  })
})

describe('planRollback', () => {
  const facts = (found: StoreSurvey) => ({ path: '/opt/shop', server: server(), store: found })
  const containers = [container({ imageId: 'sha256:v2' })]

  it('restores files, images and .env of the target', () => {
    const differences = [
      ...different('compose.yaml', '.env'),
      { kind: 'missing', path: 'old.conf' },
      { kind: 'extra', path: 'new.conf' },
      { kind: 'unreadable', path: 'data/x' },
    ] as const
    const found = store(release(2), { manifest: manifest('compose.yaml', 'new.conf') })
    const { operations } = planRollback(facts(found), release(1), {
      differences,
      containers: [...containers, container({ service: 'cron', imageId: 'sha256:c', image: 'cron:1' })],
    })
    expect(operations.map(textOf)).toEqual([
      expect.stringContaining('shop-cron-1 is of a service that the release lacks'),
      '~ file compose.yaml',
      '+ file old.conf',
      '- file new.conf',
      '~ .env of that release is restored',
      '~ service web: acme/web:v2 → acme/web:v1',
      '- service cron',
      '▸ switch to r1: files, .env, docker compose up',
      '▸ verify health, image IDs, checksums and .env',
      '▸ confirm the release',
    ])
  })

  it('records a file and a .env that no release has before it restores another', () => {
    const adopts = (found: StoreSurvey, differences: ReturnType<typeof different>) =>
      planRollback(facts(found), release(1), { containers, differences }).rollbackPoint
    expect(adopts(store(release(2, { env: 'kept' })), [])).toMatchObject({ reason: expect.stringContaining('.env') })
    expect(adopts(store(release(2)), different('mine.conf'))).toMatchObject({
      reason: 'these files are not part of release r2: mine.conf',
    })
  })

  it('restores a .env that is a symbolic link', () => {
    const target = release(1, { env: 'kept', adopted: true })
    const made = planRollback(facts(store(release(2))), target, { containers, differences: different('.env') })
    expect(made.operations.map(textOf)).toContain('~ .env of that release is restored')
    expect(planRollback(facts(store(release(2))), target, { containers, differences: [] }).operations).toContainEqual({
      kind: 'env',
      change: 'keep',
    })
  })

  it('saves a file that it removes and no release has', () => {
    const extra = [{ kind: 'extra', path: 'mine.conf' }] as const
    expect(
      planRollback(facts(store(release(2))), release(1), { containers, differences: extra }).rollbackPoint,
    ).toMatchObject({ reason: 'these files are not part of release r2: mine.conf' })
  })
})
