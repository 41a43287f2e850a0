import type { Deployment } from '@deploy-actions/testkit/coolify/deployment'
import { DeploymentQueue } from '@deploy-actions/testkit/coolify/deployment-queue'
import { newApplication } from '@deploy-actions/testkit/coolify/resources'
import { describe, expect, it, test } from '@jest/globals'
import { client, eventually, startWithApps } from './client.ts'

const statuses = (deployments: readonly Deployment[]) => deployments.map(({ status }) => status)

describe('the queue', () => {
  const apps = [1, 2, 3, 4].map(id => newApplication(id, { uuid: `a${id}` }))
  const filled = (limits = { concurrentBuilds: 2, queueLimit: 25 as number | undefined }) => {
    const started: string[] = []
    const queue = new DeploymentQueue(
      limits,
      () => 0,
      ({ app }) => started.push(app.uuid),
    )
    for (const app of apps) queue.enqueue(app, {})
    return { queue, started }
  }

  it('runs as many at once as the server may, and the next when one ends', () => {
    const { queue, started } = filled()
    expect(statuses(queue.all)).toEqual(['in_progress', 'in_progress', 'queued', 'queued'])
    const [first] = queue.all
    expect(first && queue.settle(first, 'finished')).toBe(true)
    expect(statuses(queue.all)).toEqual(['finished', 'in_progress', 'queued', 'queued'])
    queue.advance(0)
    expect(statuses(queue.all)).toEqual(['finished', 'in_progress', 'in_progress', 'queued'])
    expect(started).toEqual(['a1', 'a2', 'a3'])
    expect(first && queue.settle(first, 'failed')).toBe(false)
  })

  it('runs one of an application at a time, and its previews beside it', () => {
    const queue = new DeploymentQueue(
      { concurrentBuilds: 5, queueLimit: 25 },
      () => 0,
      () => undefined,
    )
    const [app] = apps
    if (!app) throw new Error('no app')
    for (const pullRequestId of [0, 0, 7, 8]) queue.enqueue(app, { pullRequestId, forceRebuild: true })
    expect(statuses(queue.all)).toEqual(['in_progress', 'queued', 'in_progress', 'in_progress'])
  })

  it('runs what is asked to be instant beside all others', () => {
    const { queue } = filled()
    const [, , , app] = apps
    if (!app) throw new Error('no app')
    expect(queue.enqueue(app, { instant: true }).kind).toBe('queued')
    expect(statuses(queue.all).filter(status => status === 'in_progress')).toHaveLength(3)
  })

  it('is full before it looks for a duplicate', () => {
    const { queue } = filled({ concurrentBuilds: 2, queueLimit: 2 })
    const [app] = apps
    expect(app && queue.enqueue(app, {}).kind).toBe('full')
  })

  it('knows no limit in old versions', () => {
    const { queue } = filled({ concurrentBuilds: 0, queueLimit: undefined })
    const [app] = apps
    for (let times = 0; times < 100; times++) if (app) queue.enqueue(app, { forceRebuild: true })
    expect(queue.all).toHaveLength(104)
  })

  test.each([
    [{}, 'skipped'],
    [{ forceRebuild: true }, 'queued'],
    [{ rollback: true }, 'queued'],
    [{ instant: true }, 'queued'],
    [{ commit: 'abc' }, 'queued'],
    [{ pullRequestId: 7 }, 'queued'],
    [{ dockerTag: 'x' }, 'queued'],
  ])('asked again with %j: %s', (request, kind) => {
    const { queue } = filled()
    const [app] = apps
    expect(app && queue.enqueue(app, request).kind).toBe(kind)
  })
})

describe('a full queue', () => {
  const many = Array.from({ length: 4 }, (_, index) => ({ uuid: `a${index}`, script: ['stuck' as const] }))

  it('stops a list half-way: what came before is queued', async () => {
    await using here = await startWithApps(many, { concurrentBuilds: 1, queueLimit: 1 })
    const refused = await here.api.post('/deploy', { uuid: 'a0,a1,a2,a3' })
    expect(refused).toMatchObject({
      status: 429,
      body: { message: 'Deployment queue is full. Please wait for existing deployments to complete.' },
    })
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(here.coolify.deployments).toHaveLength(2)
  })

  it('is not noticed by start and restart, whose ids then belong to nothing', async () => {
    await using here = await startWithApps(many, { concurrentBuilds: 1, queueLimit: 0 })
    for (const [call, message] of [
      ['start', 'Deployment request queued.'],
      ['restart', 'Restart request queued.'],
    ]) {
      const { status, body } = await here.api.post(`/applications/a0/${call}`)
      expect([status, body['message']]).toEqual([200, message])
      expect((await here.api.get(`/deployments/${body['deployment_uuid']}`)).status).toBe(404)
    }
  })

  it('is a 400 for a rollback', async () => {
    await using here = await startWithApps(many, { queueLimit: 0 })
    expect((await here.api.post('/applications/a0/rollback', { commit: '1' })).status).toBe(400)
  })
})

describe('cancelling', () => {
  const apps = [
    { uuid: 'a1', script: ['stuck' as const] },
    { uuid: 'a2', script: ['stuck' as const] },
  ]

  it('ends what runs, starts what waited, and is logged', async () => {
    await using here = await startWithApps(apps, { concurrentBuilds: 1 })
    await here.api.post('/deploy', { uuid: 'a1,a2' })
    await eventually(() => here.coolify.deployments[0]?.logs.length === 2)
    const [running, waiting] = [here.uuid(0), here.uuid(1)]
    expect(await here.api.post(`/deployments/${running}/cancel`)).toMatchObject({
      status: 200,
      body: { message: 'Deployment cancelled successfully.', deployment_uuid: running, status: 'cancelled-by-user' },
    })
    expect(statuses(here.coolify.deployments)).toEqual(['cancelled-by-user', 'in_progress'])
    expect((await here.api.get(`/deployments/${waiting}`)).body['status']).toBe('in_progress')
    expect(here.coolify.deployments[0]?.logs.map(({ output }) => output)).toContain(
      'Deployment cancelled by user via API.',
    )
    expect(await here.api.post(`/deployments/${running}/cancel`)).toMatchObject({
      status: 400,
      body: { message: 'Deployment cannot be cancelled. Current status: cancelled-by-user' },
    })
  })

  it('leaves what never ran without an end', async () => {
    await using here = await startWithApps(apps, { concurrentBuilds: 1 })
    await here.api.post('/deploy', { uuid: 'a1,a2' })
    await here.api.post(`/deployments/${here.uuid(1)}/cancel`)
    expect((await here.api.get(`/deployments/${here.uuid(1)}`)).body).toMatchObject({
      status: 'cancelled-by-user',
      finished_at: null,
    })
  })

  test.each([
    ['4.3.11', 200, 'in_progress'],
    ['4.3.7', 200, 'in_progress'],
    ['4.3.6', 500, 'queued'],
    ['4.1.0', 500, 'queued'],
    ['4.0.0', 200, 'queued'],
    ['4.0.0-beta.440', 200, 'queued'],
  ])('in %s answers %d and leaves the next one %s', async (version, status, next) => {
    await using here = await startWithApps(apps, { version, concurrentBuilds: 1 })
    await here.api.post('/deploy', { uuid: 'a1,a2' })
    const answer = await here.api.post(`/deployments/${here.uuid(0)}/cancel`)
    expect(answer.status).toBe(status)
    if (status === 500) expect(answer.body['message']).toMatch(/^Failed to cancel deployment: Undefined variable/)
    expect(statuses(here.coolify.deployments)).toEqual(['cancelled-by-user', next])
  })

  it('is for the team whose server it is', async () => {
    await using here = await startWithApps(apps, {
      users: [
        { id: 1, team: 0, role: 'owner' },
        { id: 2, team: 5, role: 'owner' },
      ],
      tokens: [{ token: '9|other', user: 2, abilities: ['deploy', 'read'] }],
    })
    const mine = client(here.coolify, '9|other')
    const theirs = here.api
    await theirs.post('/deploy', { uuid: 'a1' })
    expect(await mine.post(`/deployments/${here.uuid(0)}/cancel`)).toMatchObject({
      status: 403,
      body: { message: 'You do not have permission to cancel this deployment.' },
    })
    expect((await mine.get(`/deployments/${here.uuid(0)}`)).status).toBe(404)
    expect((await mine.post('/deploy', { uuid: 'a1' })).status).toBe(404)
  })
})
