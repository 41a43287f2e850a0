import { selfSigned } from '@deploy-actions/testkit/certificates'
import type { FaultKind } from '@deploy-actions/testkit/coolify/faults'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it, test } from '@jest/globals'
import { client, startWithApps } from './client.ts'

describe('faults', () => {
  test.each<[FaultKind, number, string, RegExp]>([
    ['500-json', 500, 'application/json', /"message":"Server Error"/],
    ['500-html', 500, 'text/html; charset=utf-8', /Server Error/],
    ['502-html', 502, 'text/html; charset=utf-8', /Bad Gateway/],
    ['503-html', 503, 'text/html; charset=utf-8', /Service Unavailable/],
    ['cf-challenge', 403, 'text/html; charset=utf-8', /Just a moment/],
    ['200-html', 200, 'text/html; charset=utf-8', /Sign in/],
    ['empty-200', 200, 'application/json', /^$/],
  ])('%s answers %d once, and nothing is done', async (kind, status, type, body) => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    here.coolify.failNext({ kind })
    const response = await fetch(`${here.coolify.url}/api/v1/deploy?uuid=a1`, { method: 'POST' })
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type])
    expect(await response.text()).toMatch(body)
    expect(here.coolify.deployments).toHaveLength(0)
    expect((await here.api.get('/version')).status).toBe(200)
  })

  it('cut the answer in half', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    here.coolify.failNext({ kind: 'truncated-json' })
    await expect(here.api.post('/deploy', { uuid: 'a1' })).rejects.toThrow(SyntaxError)
  })

  test.each([
    ['reset', 0],
    ['reset-after-commit', 1],
  ] as const)('%s breaks the connection with %d deployments made', async (kind, count) => {
    await using here = await startWithApps([{ uuid: 'a1', script: ['stuck'] }])
    here.coolify.failNext({ kind, path: '/deploy' })
    await expect(here.api.post('/deploy', { uuid: 'a1' })).rejects.toThrow('fetch failed')
    expect(here.coolify.deployments).toHaveLength(count)
    expect(here.coolify.requests.map(({ status }) => status)).toEqual([0])
  })

  it('hang until the caller gives up', async () => {
    await using here = await startWithApps([])
    here.coolify.failNext({ kind: 'hang' })
    const call = here.api.call('GET', '/version', { signal: AbortSignal.timeout(50) })
    await expect(call).rejects.toThrow('timeout')
  })

  it('are slow, but do it', async () => {
    await using here = await startWithApps([])
    here.coolify.failNext({ kind: 'slow', ms: 30 })
    expect((await here.api.get('/version')).status).toBe(200)
  })

  test.each([
    [undefined, /^https:\/\/127\.0\.0\.1:\d+\/api\/v1\/deploy\?uuid=a1$/],
    ['http://elsewhere.example/', /^http:\/\/elsewhere\.example\/$/],
  ])('redirect to %s', async (location, wanted) => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    here.coolify.failNext({ kind: '301', ...(location ? { location } : {}) })
    const answer = await here.api.post('/deploy?uuid=a1')
    expect([answer.status, answer.headers.get('location')]).toEqual([301, expect.stringMatching(wanted)])
  })

  it('wait for the request that they are for, as often as they are asked to', async () => {
    await using here = await startWithApps([{ uuid: 'a1' }])
    here.coolify.failNext({ kind: '500-json', method: 'POST', path: /^\/deploy/, times: 2 })
    const statuses = [(await here.api.get('/version')).status]
    for (let times = 0; times < 3; times++) statuses.push((await here.api.post('/deploy', { uuid: 'a1' })).status)
    expect(statuses).toEqual([200, 500, 500, 200])
  })
})

describe('TLS', () => {
  it('is with the certificate that it is given, which nobody needs to trust', async () => {
    await using coolify = await FakeCoolify.start({ certificate: await selfSigned({ names: ['127.0.0.1'] }) })
    expect(coolify.url).toMatch(/^https:/)
    await expect(client(coolify, coolify.token('read')).get('/version')).rejects.toThrow('fetch failed')
    expect(coolify.requests).toHaveLength(0)
  })
})
