import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it, test } from '@jest/globals'
import { client, eventually, startWithApps } from './client.ts'

const QUEUED = 'Application api deployment queued.'
const SKIPPED = 'Deployment already queued for this commit.'

describe('a deploy by uuid', () => {
  it('runs, finishes, and puts the tag in place', async () => {
    await using here = await startWithApps([
      { uuid: 'a1', name: 'api', docker_registry_image_tag: '1.2.3', runningTag: '1' },
    ])
    const { coolify, api } = here
    const deployed = await api.post('/deploy', { uuid: 'a1' })
    const uuid = coolify.deployments[0]?.uuid ?? ''
    expect(uuid).toMatch(/^[a-z0-9]{24}$/)
    expect(deployed.body).toEqual({
      deployments: [{ message: QUEUED, resource_uuid: 'a1', deployment_uuid: uuid }],
    })
    expect((await api.get(`/deployments/${uuid}`)).body).toMatchObject({ deployment_uuid: uuid, status: 'in_progress' })
    expect(await api.settled(uuid)).toMatchObject({ status: 'finished', commit: 'HEAD' })
    expect(coolify.runningTag('a1')).toBe('1.2.3')
  })

  it('looks up the commit of a build from git', async () => {
    const headCommit = 'ab'.repeat(20)
    await using here = await startWithApps([{ uuid: 'a1', build_pack: 'nixpacks', headCommit }])
    await here.api.post('/deploy', { uuid: 'a1' })
    expect(await here.api.settled(here.uuid(0))).toMatchObject({ status: 'finished', commit: headCommit })
    expect(here.coolify.runningTag('a1')).toBe(headCommit)
  })

  it('drops what it does not know, and does not trim', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }, { uuid: 'a2' }])
    const { body } = await here.api.post('/deploy?uuid=a1,%20a2,nobody')
    expect(body['deployments']).toMatchObject([{ resource_uuid: 'a1' }])
    expect(await here.api.post('/deploy?uuid=nobody')).toMatchObject({
      status: 404,
      body: { message: 'No resources found.' },
    })
  })

  it('starts services and databases, which have no deployment', async () => {
    await using coolify = await FakeCoolify.start({
      services: [{ uuid: 's1', name: 'umami', status: 'exited' }],
      databases: [{ uuid: 'd1', name: 'pg', status: 'exited' }],
    })
    const api = client(coolify, coolify.token('deploy', 'read'))
    expect((await api.post('/deploy', { uuid: 's1,d1' })).body).toEqual({
      deployments: [
        { message: 'Service umami started. It could take a while, be patient.', resource_uuid: 's1' },
        { message: 'Database pg started.', resource_uuid: 'd1' },
      ],
    })
    expect((await api.get('/services/s1')).body['status']).toBe('starting:unhealthy')
    await api.until('/services/s1', 'running:healthy')
    await api.until('/databases/d1', 'running:healthy')
  })

  test.each([
    [{}, 400, 'You must provide uuid or tag.'],
    [{ uuid: '  ' }, 400, 'You must provide uuid or tag.'],
    [{ uuid: 'a1', tag: 'prod' }, 400, 'You can only use uuid or tag, not both.'],
    [{ tag: 'prod', pr: 3 }, 400, 'You can only use tag or pr, not both.'],
    [{ uuid: 'a1', docker_tag: 'x' }, 400, 'docker_tag requires pull_request_id.'],
    [{ uuid: ',' }, 400, 'No UUIDs provided.'],
    [{ tag: ',,' }, 400, 'No TAGs provided.'],
    [{ uuid: ['a1'] }, 500, 'Server Error'],
  ])('answers to %j with %d', async (body, status, message) => {
    await using here = await startWithApps([{ uuid: 'a1', tags: ['prod'] }])
    expect(await here.api.post('/deploy', body)).toMatchObject({ status, body: { message } })
    expect(here.coolify.deployments).toHaveLength(0)
  })
})

describe('a deploy by tag', () => {
  it('has another shape', async () => {
    await using coolify = await FakeCoolify.start({
      apps: [{ uuid: 'a1', name: 'api', tags: ['prod'] }, { uuid: 'a2', name: 'web', tags: ['prod'] }, { uuid: 'a3' }],
      services: [{ uuid: 's1', name: 'umami', tags: ['prod'] }],
    })
    const api = client(coolify, coolify.token('deploy', 'read'))
    const { body } = await api.post('/deploy?tag=prod,unknown')
    expect(body).toEqual({
      message: [
        QUEUED,
        'Application web deployment queued.',
        'Service umami started. It could take a while, be patient.',
      ],
      details: coolify.deployments.map(({ uuid, app }) => ({ resource_uuid: app.uuid, deployment_uuid: uuid })),
    })
    expect(coolify.deployments).toHaveLength(2)
  })

  it('tells a tag on nothing from one that is not there, and has no details of services only', async () => {
    await using coolify = await FakeCoolify.start({ services: [{ name: 's', tags: ['tools'] }], emptyTags: ['old'] })
    const api = client(coolify, coolify.token('deploy'))
    expect((await api.post('/deploy?tag=old')).body).toEqual({ message: ['No resources found for tag old.'] })
    expect(await api.post('/deploy?tag=none')).toMatchObject({
      status: 404,
      body: { message: 'No resources found with this tag.' },
    })
    expect((await api.post('/deploy?tag=tools')).body).not.toHaveProperty('details')
  })
})

describe('a duplicate', () => {
  it('is answered with an id that belongs to nothing', async () => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }])
    await here.api.post('/deploy', { uuid: 'a1' })
    const { body } = await here.api.post('/deploy', { uuid: 'a1' })
    const [second] = body['deployments'] as { message: string; deployment_uuid: string }[]
    expect(second?.message).toBe(SKIPPED)
    expect(second?.deployment_uuid).toMatch(/^[a-z0-9]{24}$/)
    expect(await here.api.get(`/deployments/${second?.deployment_uuid}`)).toMatchObject({
      status: 404,
      body: { message: 'Deployment not found.' },
    })
    expect(here.coolify.deployments).toHaveLength(1)
  })

  it('is queued with force, and then takes the newest tag', async () => {
    await using here = await startWithApps([
      { uuid: 'a1', docker_registry_image_tag: 'a', script: ['stuck', 'finished'] },
    ])
    await here.api.post('/deploy', { uuid: 'a1' })
    await eventually(() => here.coolify.deployments[0]?.effectiveTag === 'a')
    expect((await here.api.patch('/applications/a1', { docker_registry_image_tag: 'b' })).status).toBe(200)
    await here.api.post('/deploy', { uuid: 'a1', force: true })
    expect(here.coolify.deployments.map(({ status }) => status)).toEqual(['in_progress', 'queued'])
    await here.coolify.finish(here.uuid(0))
    expect(here.coolify.runningTag('a1')).toBe('a')
    await here.api.settled(here.uuid(1))
    expect(here.coolify.runningTag('a1')).toBe('b')
  })

  test.each([
    ['4.3.11', '?uuid=a1&force=false', 1],
    ['4.3.11', '?uuid=a1&force=true', 2],
    ['4.1.2', '?uuid=a1&force=false', 2],
    ['4.1.2', '?uuid=a1&force=0', 1],
    ['4.1.2', '?uuid=a1', 1],
  ])('in %s: %s twice makes %d deployments', async (version, query, count) => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }], { version })
    for (let times = 0; times < 2; times++) await here.api.post(`/deploy${query}`)
    expect(here.coolify.deployments).toHaveLength(count)
  })
})

describe('pull requests', () => {
  it('get a preview of an image with docker_tag, apart from the application itself', async () => {
    await using here = await startWithApps([{ uuid: 'a1', name: 'api', runningTag: 'main' }])
    const asked = { uuid: 'a1', pull_request_id: 7, docker_tag: 'pr-7' }
    expect((await here.api.post('/deploy', asked)).body['deployments']).toMatchObject([{ message: QUEUED }])
    expect(await here.api.settled(here.uuid(0))).toMatchObject({
      docker_registry_image_tag: 'pr-7',
      pull_request_id: 7,
    })
    expect(here.coolify.runningTag('a1')).toBe('main')
    const remove = () => here.api.call('DELETE', '/applications/a1/previews/7')
    expect((await remove()).body).toEqual({ message: 'Preview deletion request queued.' })
    expect(await remove()).toMatchObject({ status: 404, body: { message: 'Preview not found.' } })
    expect(await here.api.call('DELETE', '/applications/a1/previews/x')).toMatchObject({ status: 422 })
  })

  test.each([
    [{ build_pack: 'nixpacks' as const }, { pr: 7 }, 'Pull request 7 not found for this resource.'],
    [{}, { pr: 7 }, 'Pull request 7 not found for this resource.'],
    [
      { build_pack: 'nixpacks' as const, previews: { 7: null } },
      { pr: 7, docker_tag: 'x' },
      'docker_tag can only be used with Docker Image applications.',
    ],
  ])('%j asked for %j are told softly', async (app, asked, message) => {
    await using here = await startWithApps([{ uuid: 'a1', ...app }])
    expect(await here.api.post('/deploy', { uuid: 'a1', ...asked })).toMatchObject({
      status: 200,
      body: { deployments: [{ message, resource_uuid: 'a1' }] },
    })
    expect(here.coolify.deployments).toHaveLength(0)
  })
})

describe('GET in place of POST', () => {
  it('deploys before 4.2.0', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }], { version: '4.1.2' })
    expect((await here.api.get('/deploy?uuid=a1')).status).toBe(200)
    expect(here.coolify.deployments).toHaveLength(1)
  })

  test.each(['/deploy?uuid=a1', '/applications/a1/start', '/services/s1/restart'])(
    'is refused later: %s',
    async path => {
      await using here = await startWithApps([{ uuid: 'a1' }])
      const { status, headers, body } = await here.api.get(path)
      expect([status, headers.get('allow')]).toEqual([405, 'POST'])
      expect(body).toEqual({ message: 'This endpoint has changed to a POST request.' })
      expect(here.coolify.deployments).toHaveLength(0)
    },
  )
})
