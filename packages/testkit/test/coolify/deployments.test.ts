import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it, test } from '@jest/globals'
import { client, eventually, startWithApps } from './client.ts'

interface Line {
  readonly output: string
  readonly hidden: boolean
  readonly command: string | null
  readonly order?: number
}

const lines = (record: Record<string, unknown>): Line[] => JSON.parse(String(record['logs'] ?? '[]')) as Line[]
const outputs = (record: Record<string, unknown>) => lines(record).map(({ output }) => output)

describe('the log of a deployment', () => {
  test.each([
    [['read'], 'owner', false],
    [['read', 'read:sensitive'], 'owner', true],
    [['root'], 'admin', true],
  ] as const)('with %j as %s is there: %s', async (abilities, role, isShown) => {
    await using coolify = await FakeCoolify.start({ users: [{ id: 1, team: 0, role }], apps: [{ uuid: 'a1' }] })
    await client(coolify, coolify.token('root')).post('/deploy', { uuid: 'a1' })
    const api = client(coolify, coolify.token(...abilities))
    const record = await api.settled(coolify.deployments[0]?.uuid ?? '')
    expect('logs' in record).toBe(isShown)
    const { body } = await api.get('/deployments/applications/a1')
    expect('logs' in ((body['deployments'] as object[])[0] ?? {})).toBe(isShown)
  })

  it('holds hidden commands with secrets, which the first entry without an order precedes', async () => {
    await using coolify = await FakeCoolify.start({
      apps: [{ uuid: 'a1', docker_registry_image_tag: '1.2.3', logLines: ['DB_PASSWORD=hunter2hunter2'] }],
    })
    const api = client(coolify, coolify.token('root'))
    await api.post('/deploy', { uuid: 'a1' })
    const [first, second, third] = lines(await api.settled(coolify.deployments[0]?.uuid ?? ''))
    expect(first).toEqual({
      command: null,
      output: 'Starting deployment of ghcr.io/octo-org/app:1.2.3 to localhost.',
      type: 'stdout',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      hidden: false,
      batch: 1,
    })
    expect(second).toMatchObject({ order: 2, hidden: true, command: expect.stringContaining(coolify.secret) })
    expect(third).toMatchObject({ order: 3, hidden: false, output: 'DB_PASSWORD=hunter2hunter2' })
  })

  it('of a failure tells the reason after the status', async () => {
    const timing = { runMs: 0, logDelayMs: 300 }
    await using coolify = await FakeCoolify.start({
      timing,
      apps: [{ uuid: 'a1', script: ['failed'], runningTag: 'old' }],
    })
    const api = client(coolify, coolify.token('root'))
    await api.post('/deploy', { uuid: 'a1' })
    const uuid = coolify.deployments[0]?.uuid ?? ''
    const record = await api.settled(uuid)
    expect(record['status']).toBe('failed')
    expect(outputs(record).join()).not.toContain('Deployment failed')
    const late = async () => (await api.get(`/deployments/${uuid}`)).body
    await eventually(() => coolify.deployments[0]?.logs.at(-1)?.output.includes('Removing the new version'))
    expect(outputs(await late())).toContainEqual(expect.stringMatching(/^Deployment failed: .*manifest unknown/))
    expect(lines(await late()).find(({ output }) => output.startsWith('Error type'))?.hidden).toBe(true)
    expect(coolify.runningTag('a1')).toBe('old')
  })
})

describe('how deployments end', () => {
  test.each([
    ['finished', 'finished', 'new', 'running:healthy'],
    ['failed', 'failed', 'old', 'running:healthy'],
    ['unhealthy', 'failed', 'old', 'running:healthy'],
    ['crash-after', 'finished', 'new', 'exited:unhealthy'],
    ['crash-later', 'finished', 'new', 'running:healthy'],
    ['crash-later', 'finished', 'new', 'exited:unhealthy'],
  ] as const)('%s: %s, %s runs, %s', async (outcome, status, tag, appStatus) => {
    const app = { uuid: 'a1', docker_registry_image_tag: 'new', runningTag: 'old', script: [outcome] }
    await using here = await startWithApps([app])
    await here.api.post('/deploy', { uuid: 'a1' })
    expect((await here.api.settled(here.uuid(0)))['status']).toBe(status)
    await here.api.until('/applications/a1', appStatus)
    expect(here.coolify.runningTag('a1')).toBe(tag)
  })

  it('a healthy one looks unhealthy until the containers are looked at', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }], { timing: { statusLagMs: 300 } })
    await here.api.post('/deploy', { uuid: 'a1' })
    await here.api.settled(here.uuid(0))
    expect((await here.api.get('/applications/a1')).body['status']).toBe('running:unhealthy')
    await here.api.until('/applications/a1', 'running:healthy')
  })

  it('an unhealthy one says at the end that the update is complete', async () => {
    await using coolify = await FakeCoolify.start({ apps: [{ uuid: 'a1', script: ['unhealthy'] }] })
    const api = client(coolify, coolify.token('root'))
    await api.post('/deploy', { uuid: 'a1' })
    const uuid = coolify.deployments[0]?.uuid ?? ''
    await api.settled(uuid)
    const log = async () => outputs((await api.get(`/deployments/${uuid}`)).body)
    await eventually(() => coolify.deployments[0]?.logs.at(-1)?.output === 'Rolling update completed.')
    expect(await log()).toContain('New container is not healthy, rolling back to the old container.')
  })

  it('with the outcomes of the script in turn, the last one for ever', async () => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['failed', 'finished'] }])
    const ends = []
    for (let index = 0; index < 3; index++) {
      await here.api.post('/deploy', { uuid: 'a1' })
      ends.push((await here.api.settled(here.uuid(index)))['status'])
    }
    expect(ends).toEqual(['failed', 'finished', 'finished'])
  })

  it('when Coolify restarts: all failed, and nobody there for a moment', async () => {
    await using here = await startWithApps([
      { uuid: 'a1', script: ['restart-coolify'] },
      { uuid: 'a2', script: ['stuck'] },
    ])
    await here.api.post('/deploy', { uuid: 'a1,a2' })
    await eventually(() => here.coolify.instance.unavailable === 3)
    const statuses = []
    for (let times = 0; times < 4; times++) statuses.push((await here.api.get(`/deployments/${here.uuid(1)}`)).status)
    expect(statuses).toEqual([503, 503, 503, 200])
    expect(here.coolify.deployments.map(({ status }) => status)).toEqual(['failed', 'failed'])
  })

  it('and each further server gets one of its own then', async () => {
    await using here = await startWithApps([{ uuid: 'a1', additionalServers: 2 }])
    await here.api.post('/deploy', { uuid: 'a1' })
    await here.api.settled(here.uuid(0))
    expect((await here.api.get('/deployments/applications/a1')).body).toMatchObject({ count: 3 })
    await here.api.settled(here.uuid(2))
    expect(here.coolify.deployments).toHaveLength(3)
  })

  it('after what shall answer for it is in place', async () => {
    const seen: string[] = []
    const onDeployed = async ({ tag }: { tag: string }) => {
      await new Promise(resolve => setTimeout(resolve, 30))
      seen.push(`${tag} while ${here.coolify.deployments[0]?.status}`)
    }
    await using here = await startWithApps([{ uuid: 'a1', docker_registry_image_tag: '2' }], { onDeployed })
    await here.api.post('/deploy', { uuid: 'a1' })
    await here.api.settled(here.uuid(0))
    expect(seen).toEqual(['2 while in_progress'])
  })
})

describe('asking for deployments', () => {
  it('of an application gives the newest first, page by page', async () => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }])
    for (let times = 0; times < 3; times++) await here.api.post('/deploy', { uuid: 'a1', force: true })
    const page = async (query: string) => {
      const { body } = await here.api.get(`/deployments/applications/a1${query}`)
      return [body['count'], (body['deployments'] as { id: number }[]).map(({ id }) => id)]
    }
    expect(await page('')).toEqual([3, [3, 2, 1]])
    expect(await page('?skip=1&take=1')).toEqual([3, [2]])
  })

  it('checks the page, in JSON or by sending a browser home', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    const path = '/deployments/applications/a1?take=0&skip=x'
    const errors = {
      skip: ['The skip field must be an integer.'],
      take: ['The take field must be at least 1.'],
    }
    expect(await here.api.get(path)).toMatchObject({ status: 422, body: { errors } })
    const answer = await here.api.get(path, { accept: '*/*' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/'])
  })

  it.each([false, true])('gives what waits and runs; as an object: %s', async asObject => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }, { uuid: 'a2' }], { asObject })
    await here.api.post('/deploy', { uuid: 'a1,a2' })
    await here.api.settled(here.uuid(1))
    await here.api.post('/deploy', { uuid: 'a1', force: true })
    const { text } = await here.api.get('/deployments')
    const answer: unknown = JSON.parse(text)
    expect(Array.isArray(answer)).toBe(!asObject)
    expect(
      Object.values(answer as object)
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['in_progress', 'queued'])
  })

  it('by id leaks the application, which later versions nest', async () => {
    for (const [version, isNested] of [
      ['4.3.11', true],
      ['4.0.0-beta.440', false],
    ] as const) {
      await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }], { version })
      await here.api.post('/deploy', { uuid: 'a1' })
      const { text, body } = await here.api.get(`/deployments/${here.uuid(0)}`)
      expect(text.includes(here.coolify.secret)).toBe(isNested)
      expect(body).toMatchObject({ id: 1, application_id: '1', server_id: 0, force_rebuild: false })
      expect(Object.keys(body).at(-1)).toBe('updated_at')
      if (isNested) expect(body).toMatchObject({ application: { environment: { project: { team: { id: 0 } } } } })
    }
  })

  test.each([
    ['4.0.0-beta.463', 200],
    ['4.0.0-beta.464', 404],
    ['4.0.0-beta.467', 404],
    ['4.0.0-beta.468', 200],
  ])('by id in %s: %d', async (version, status) => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }], { version })
    await here.api.post('/applications/a1/start')
    await here.api.post('/deploy', { uuid: 'a1' })
    expect((await here.api.get(`/deployments/${here.uuid(0)}`)).status).toBe(status)
    expect((await here.api.get('/deployments/applications/a1')).body['count']).toBe(1)
  })
})
