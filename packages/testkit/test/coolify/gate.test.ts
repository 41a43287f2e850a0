import { FakeCoolify, type FakeCoolifyOptions } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it, test } from '@jest/globals'
import { client, startWithApps } from './client.ts'

const NOT_FOUND = { message: 'Not found.', docs: 'https://coolify.io/docs' }

describe('the checks', () => {
  const users = [{ id: 1, team: 0, role: 'member' as const }]
  const token = { token: '1|abc', user: 1 }
  const worst = { users, apiEnabled: false, allowedIps: '10.0.0.1', rateLimit: 0 }
  const strange = [{ ...token, team: 9, abilities: ['deploy'] as const }]
  const own = [{ ...token, abilities: ['deploy'] as const }]
  const owner = { ...worst, users: [{ id: 1, team: 0, role: 'owner' as const }] }

  // Each line mends what the line before it was refused for.
  test.each<[string, string, FakeCoolifyOptions, number, object]>([
    ['an unknown path', '/nothing', { ...worst, rateLimit: 1 }, 404, NOT_FOUND],
    ['no token', '/version', worst, 401, { message: 'Unauthenticated.' }],
    ['the throttle', '/version', { ...worst, tokens: strange }, 429, { message: 'Too Many Attempts.' }],
    ['another team', '/version', { ...worst, rateLimit: 9, tokens: strange }, 401, { message: 'Invalid token.' }],
    ['the role', '/version', { ...worst, rateLimit: 9, tokens: own }, 403, { message: 'Missing required team role.' }],
    [
      'the switch',
      '/version',
      { ...owner, rateLimit: 9, tokens: own },
      403,
      { success: true, message: 'API is disabled.' },
    ],
    [
      'the address',
      '/version',
      { ...owner, rateLimit: 9, tokens: own, apiEnabled: true },
      403,
      { success: true, message: 'You are not allowed to access the API.' },
    ],
    [
      'the ability',
      '/version',
      { ...owner, rateLimit: 9, tokens: own, apiEnabled: true, allowedIps: '10.0.0.1, 127.0.0.1' },
      403,
      { message: 'Missing required permissions: read' },
    ],
  ])('stop at %s', async (_, path, options, status, body) => {
    await using coolify = await FakeCoolify.start(options)
    const answer = await client(coolify, '1|abc').get(path)
    expect([answer.status, answer.body]).toEqual([status, body])
  })

  test.each([
    ['root', 'POST', '/deploy', 400],
    ['*', 'POST', '/deploy', 400],
    ['deploy', 'POST', '/deploy', 400],
    ['read', 'POST', '/deploy', 403],
    ['write', 'GET', '/deployments', 403],
    ['deploy', 'PATCH', '/applications/x', 403],
    ['deploy', 'GET', '/deploy', 405],
    ['read', 'GET', '/deploy', 403],
  ] as const)('let %s %s %s through to %d', async (ability, method, path, status) => {
    await using coolify = await FakeCoolify.start()
    expect((await client(coolify, coolify.token(ability)).call(method, path)).status).toBe(status)
  })

  test.each([
    ['4.0.0-beta.463', 'write'],
    ['4.0.0-beta.464', 'deploy'],
  ] as const)('of %s want %s to start', async (version, ability) => {
    await using coolify = await FakeCoolify.start({ version, apps: [{ uuid: 'a1' }] })
    const statuses = []
    for (const other of ['write', 'deploy'] as const) {
      statuses.push((await client(coolify, coolify.token(other)).post('/applications/a1/start')).status)
    }
    expect(statuses).toEqual(ability === 'write' ? [200, 403] : [403, 200])
  })

  test.each([
    ['4.1.1', 400, { message: 'Invalid token.', docs: 'https://coolify.io/docs/api-reference/authorization' }],
    ['4.1.2', 401, { message: 'Invalid token.' }],
  ])('of %s answer %d to who left the team', async (version, status, body) => {
    const tokens = [{ token: '1|abc', user: 1, team: 9, abilities: ['read' as const] }]
    await using coolify = await FakeCoolify.start({ version, tokens })
    const answer = await client(coolify, '1|abc').get('/deployments')
    expect([answer.status, answer.body]).toEqual([status, body])
  })

  it('refuse an expired token as if there were none', async () => {
    const tokens = [{ token: '1|abc', user: 1, abilities: ['root' as const], expired: true }]
    await using coolify = await FakeCoolify.start({ tokens })
    expect(await client(coolify, '1|abc').get('/version')).toMatchObject({
      status: 401,
      body: { message: 'Unauthenticated.' },
    })
  })
})

describe('paths', () => {
  test.each([
    ['GET', '/deployments/x/cancel'],
    ['DELETE', '/deploy'],
    ['POST', '/version'],
    ['GET', ''],
  ])('%s %s is not found, without a token too', async (method, path) => {
    await using coolify = await FakeCoolify.start()
    const answer = await client(coolify, undefined).call(method, path)
    expect([answer.status, answer.body]).toEqual([404, NOT_FOUND])
  })

  it('of later versions are not found', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }], { version: '4.2.0' })
    for (const answer of [
      await here.api.get('/applications/a1/rollback-images'),
      await here.api.post('/applications/a1/rollback', { commit: 'x' }),
    ]) {
      expect([answer.status, answer.body]).toEqual([404, NOT_FOUND])
    }
  })

  it('of health need no token, and the version is a text', async () => {
    await using here = await startWithApps([], { version: '4.2.0' })
    for (const path of ['/api/health', '/api/v1/health']) {
      const response = await fetch(here.coolify.url + path)
      expect([response.status, await response.text()]).toEqual([200, 'OK'])
    }
    const version = await here.api.get('/version')
    expect([version.text, version.headers.get('content-type')]).toEqual(['4.2.0', 'text/html; charset=utf-8'])
  })

  it('outside of the API lead to the login page', async () => {
    await using coolify = await FakeCoolify.start()
    const response = await fetch(`${coolify.url}/project/x`, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, `${coolify.url}/login`])
  })
})

describe('the throttle', () => {
  it('counts by user, whatever the token, and says when to come back', async () => {
    await using coolify = await FakeCoolify.start({ rateLimit: 2 })
    const before = Math.floor(Date.now() / 1_000)
    const [one, other] = [client(coolify, coolify.token('read')), client(coolify, coolify.token('read'))]
    expect((await one.get('/version')).headers.get('x-ratelimit-remaining')).toBe('1')
    const last = await other.get('/version')
    expect([last.headers.get('x-ratelimit-limit'), last.headers.get('x-ratelimit-remaining')]).toEqual(['2', '0'])
    const refused = await one.get('/version')
    expect(refused).toMatchObject({ status: 429, body: { message: 'Too Many Attempts.' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(refused.headers.get('x-ratelimit-reset'))).toBeGreaterThanOrEqual(before + 60)
  })

  it('is a page for who does not ask for JSON', async () => {
    await using coolify = await FakeCoolify.start({ rateLimit: 0 })
    const answer = await client(coolify, coolify.token('read')).get('/version', { accept: '*/*' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8'])
  })
})
