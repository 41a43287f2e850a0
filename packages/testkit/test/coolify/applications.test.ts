import { describe, expect, it, test } from '@jest/globals'
import { client, startWithApps } from './client.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

describe('PATCH of an application', () => {
  it('changes what it is sent, and answers its id', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    const change = {
      docker_registry_image_name: 'ghcr.io/o/api',
      docker_registry_image_tag: 'sha256-ab',
      git_commit_sha: 'v1',
    }
    expect(await here.api.patch('/applications/a1', change)).toMatchObject({ status: 200, body: { uuid: 'a1' } })
    expect((await here.api.get('/applications/a1')).body).toMatchObject(change)
  })

  test.each([
    [undefined, {}, 400, { message: 'Invalid request.', error: 'Content-Type must be application/json.' }],
    ['{', JSON_TYPE, 400, { message: 'Invalid request.', error: 'Invalid JSON.' }],
    ['[]', JSON_TYPE, 400, { message: 'Invalid request.', error: 'Invalid JSON.' }],
    ['0', JSON_TYPE, 400, { message: 'Invalid request.', error: 'Invalid JSON.' }],
    ['{}', JSON_TYPE, 400, { message: 'Invalid request.', error: 'Empty JSON.' }],
  ])('refuses the body %j', async (body, headers, status, answer) => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    const init = body === undefined ? { headers } : { headers, body }
    const got = await here.api.call('PATCH', '/applications/a1', init)
    expect([got.status, got.body]).toEqual([status, answer])
  })

  const tag = 'The docker registry image tag field'
  test.each([
    [{ docker_registry_image_tag: 'a b' }, { docker_registry_image_tag: [`${tag} format is invalid.`] }],
    [{ docker_registry_image_tag: 'sha256:ab' }, { docker_registry_image_tag: [`${tag} format is invalid.`] }],
    [
      { docker_registry_image_tag: 'x'.repeat(129) },
      { docker_registry_image_tag: [`${tag} must not be greater than 128 characters.`, `${tag} format is invalid.`] },
    ],
    [
      { docker_registry_image_tag: 5 },
      { docker_registry_image_tag: [`${tag} must be a string.`, `${tag} format is invalid.`] },
    ],
    [
      { docker_registry_image_name: 'ghcr.io/o/api:1' },
      { docker_registry_image_name: ['The docker registry image name field format is invalid.'] },
    ],
    [{ git_commit_sha: '-x' }, { git_commit_sha: ['The git commit sha field format is invalid.'] }],
    [{ git_branch: 'a..b' }, { git_branch: ['The git branch contains invalid patterns.'] }],
    [{ git_branch: 'HEAD' }, { git_branch: ['The git branch cannot be HEAD.'] }],
    [{ build_pack: 'x' }, { build_pack: ['The selected build pack is invalid.'] }],
    [
      { health_check_enabled: 'yes' },
      { health_check_enabled: ['The health check enabled field must be true or false.'] },
    ],
    [{ name: null }, { name: ['The name field must be a string.'] }],
    [
      { foo: 1, uuid: 'x' },
      { foo: ['This field is not allowed.'], uuid: ['This field is not allowed.'] },
    ],
    [{ ports_exposes: '80,x' }, { ports_exposes: 'The ports_exposes should be a comma separated list of numbers.' }],
  ])('refuses %j', async (change, errors) => {
    await using here = await startWithApps([{ uuid: 'a1', docker_registry_image_tag: 'old' }])
    const got = await here.api.patch('/applications/a1', change)
    expect([got.status, got.body]).toEqual([422, { message: 'Validation failed.', errors }])
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('old')
  })

  it('counts what is in the query as fields', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    expect(await here.api.patch('/applications/a1?force=true', { name: 'x' })).toMatchObject({
      status: 422,
      body: { errors: { force: ['This field is not allowed.'] } },
    })
  })

  it('trims, and takes null for an empty tag', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    await here.api.patch('/applications/a1', { docker_registry_image_tag: ' 2 ' })
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('2')
    await here.api.patch('/applications/a1', { docker_registry_image_tag: ' ' })
    expect(here.coolify.app('a1').docker_registry_image_tag).toBeNull()
  })

  it('may deploy at once, without telling the id', async () => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }])
    const change = { docker_registry_image_tag: '2', instant_deploy: true }
    expect((await here.api.patch('/applications/a1', change)).body).toEqual({ uuid: 'a1' })
    expect(here.coolify.deployments).toHaveLength(1)
    expect((await here.api.patch('/applications/a1', change)).body).toEqual({
      message: 'Deployment already queued for this commit.',
    })
  })
})

describe('applications', () => {
  it('are listed, by tag too, without their numbers', async () => {
    await using here = await startWithApps([{ uuid: 'a1', tags: ['prod'] }, { uuid: 'a2' }])
    const uuids = async (query = '') =>
      (JSON.parse((await here.api.get(`/applications${query}`)).text) as { uuid: string }[]).map(({ uuid }) => uuid)
    expect(await uuids()).toEqual(['a1', 'a2'])
    expect(await uuids('?tag=prod')).toEqual(['a1'])
    expect((await here.api.get('/applications/a1')).body).not.toHaveProperty('id')
  })

  test.each([
    ['GET', '/applications/x', 'Application not found.'],
    ['GET', '/deployments/applications/x', 'Application not found'],
    ['PATCH', '/applications/x', 'Application not found'],
    ['POST', '/applications/x/start', 'Application not found.'],
    ['POST', '/applications/x/rollback', 'Application not found.'],
    ['GET', '/applications/x/envs', 'Application not found'],
    ['GET', '/services/x', 'Service not found.'],
    ['GET', '/databases/x', 'Database not found.'],
  ])('and others that are not there: %s %s', async (method, path, message) => {
    await using here = await startWithApps([])
    const body = path.endsWith('rollback') ? { commit: '1' } : { name: 'x' }
    const init = method === 'GET' ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }
    expect(await here.api.call(method, path, init)).toMatchObject({ status: 404, body: { message } })
  })

  it('stop, and then have no logs', async () => {
    await using here = await startWithApps([{ uuid: 'a1', containerLogs: 'one\ntwo\nthree\n' }])
    expect((await here.api.get('/applications/a1/logs?lines=2')).body).toEqual({ logs: 'two\nthree\n' })
    const stopped = await here.api.post('/applications/a1/stop')
    expect(stopped.body).toEqual({ message: 'Application stopping request queued.' })
    expect((await here.api.get('/applications/a1')).body['status']).toBe('exited:unhealthy')
    expect(await here.api.get('/applications/a1/logs')).toMatchObject({
      status: 400,
      body: { message: 'Application is not running.' },
    })
  })

  it('start without an id for a duplicate', async () => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }])
    const first = await here.api.post('/applications/a1/start')
    expect(first.body).toEqual({ message: 'Deployment request queued.', deployment_uuid: here.uuid(0) })
    const message = 'Deployment already queued for this commit.'
    expect((await here.api.post('/applications/a1/start')).body).toEqual({ message })
    expect((await here.api.post('/applications/a1/restart')).body).toEqual({ message })
    await here.api.post('/applications/a1/start?instant_deploy=true')
    expect(here.coolify.deployments.map(({ status }) => status)).toEqual(['in_progress', 'in_progress'])
  })

  test.each([
    ['4.0.0', 'c0ffee1'],
    ['4.1.2', 'c0ffee1'],
    ['4.2.0', 'abc123'],
  ])('of %s deploy %s when abc123 is pinned and c0ffee1 the newest', async (version, commit) => {
    await using here = await startWithApps([{ uuid: 'a1', build_pack: 'nixpacks', git_commit_sha: 'abc123' }], {
      version,
    })
    await here.api.post('/applications/a1/start')
    const deployment = await here.api.settled(here.uuid(0))
    expect(deployment).toMatchObject({ status: 'finished', commit: expect.stringMatching(`^${commit}`) })
  })
})

describe('rolling back', () => {
  test.each([
    ['4.3.11', 'new'],
    ['4.3.12', 'old'],
  ])('in %s an application made from an image gets %s', async (version, tag) => {
    await using here = await startWithApps([{ uuid: 'a1', docker_registry_image_tag: 'new' }], { version })
    const { body } = await here.api.post('/applications/a1/rollback', { commit: 'old' })
    expect(body).toEqual({ message: 'Rollback deployment queued.', deployment_uuid: here.uuid(0) })
    expect(await here.api.settled(here.uuid(0))).toMatchObject({ status: 'finished', rollback: true, commit: 'old' })
    expect(here.coolify.runningTag('a1')).toBe(tag)
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('new')
  })

  it('of a build from git goes to the commit', async () => {
    await using here = await startWithApps([{ uuid: 'a1', build_pack: 'dockerfile' }])
    await here.api.post('/applications/a1/rollback', { commit: 'ab'.repeat(20) })
    await here.api.settled(here.uuid(0))
    expect(here.coolify.runningTag('a1')).toBe('ab'.repeat(20))
  })

  test.each([
    [{ x: 1 }, { commit: ['This field is required.'], x: ['This field is not allowed.'] }],
    [{ commit: 5 }, { commit: ['The commit field must be a string.'] }],
    [{ commit: '-x' }, { commit: ['Invalid rollback commit: must not start with a hyphen.'] }],
    [{ commit: 'a;b' }, { commit: [expect.stringContaining('contains disallowed characters')] }],
  ])('refuses %j', async (body, errors) => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    const got = await here.api.post('/applications/a1/rollback', body)
    expect([got.status, got.body]).toEqual([422, { message: 'Validation failed.', errors }])
  })

  it('shows the images that are on the server, and not which one runs', async () => {
    await using here = await startWithApps([{ uuid: 'a1', docker_registry_image_tag: 'b', runningTag: 'a' }])
    await here.api.post('/deploy', { uuid: 'a1' })
    await here.api.settled(here.uuid(0))
    const { body } = await here.api.get('/applications/a1/rollback-images')
    const created_at = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/)
    expect(body).toEqual({
      current: null,
      images: [
        { tag: 'b', created_at, is_current: false },
        { tag: 'a', created_at: '2026-01-01 00:00:00 +0000 UTC', is_current: false },
      ],
    })
  })
})

describe('environment variables', () => {
  it('are made and changed in bulk, and their values shown to who may see them', async () => {
    await using here = await startWithApps([{ uuid: 'a1', envs: { OLD: 'x' } }])
    const data = [
      { key: 'OLD', value: 'y', is_literal: true },
      { key: 'IMAGE_TAG', value: '2' },
    ]
    const made = await here.api.patch('/applications/a1/envs/bulk', { data })
    expect(made.status).toBe(201)
    expect(JSON.parse(made.text)).toMatchObject([{ key: 'OLD', is_literal: true }, { key: 'IMAGE_TAG' }])
    expect(made.text).not.toContain('"value"')
    const reader = client(here.coolify, here.coolify.token('read', 'read:sensitive'))
    const shown = JSON.parse((await reader.get('/applications/a1/envs')).text)
    expect(shown).toMatchObject([{ value: 'y' }, { key: 'IMAGE_TAG', value: '2', real_value: '2' }])
    expect(await here.api.patch('/applications/a1/envs/bulk', { data: [] })).toMatchObject({
      status: 400,
      body: { message: 'Bulk data is required.' },
    })
  })
})
