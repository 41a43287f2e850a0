import type { RequestListener } from 'node:http'
import { RepositoryApi } from '@deploy-actions/core/github/repository-api'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { Secret } from '@deploy-actions/core/values/secret'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

const TOKEN = 'ghs_0123456789abcdef'

async function ask<T>(listener: RequestListener, question: (api: RepositoryApi) => Promise<T>, path = ''): Promise<T> {
  await using server = await serve(listener)
  const http = createPlainHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'test' })
  const api = new RepositoryApi({
    http,
    apiUrl: `${server.url}${path}`,
    repository: 'acme/shop',
    token: new Secret(TOKEN),
  })
  return await question(api)
}

const answer =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body)

describe('RepositoryApi', () => {
  it('asks with the token, below the address of the API', async () => {
    const asked: unknown[] = []
    const listener: RequestListener = ({ url, headers }, response) => {
      asked.push(url, headers.authorization, headers.accept)
      response.end('{"name":"shop"}')
    }
    expect(await ask(listener, api => api.repository(), '/api/v3/')).toEqual({ name: 'shop' })
    expect(asked).toEqual(['/api/v3/repos/acme/shop', `token ${TOKEN}`, 'application/vnd.github+json'])
  })

  it('reads when a commit was made', async () => {
    const body = '{"commit":{"committer":{"date":"2026-09-01T06:00:00Z"}}}'
    expect(await ask(answer(200, body), api => api.commitDate('abc'))).toEqual(new Date('2026-09-01T06:00:00Z'))
    expect(await ask(answer(200, '{"commit":{"committer":null}}'), api => api.commitDate('abc'))).toBeUndefined()
  })

  it('follows the pages of the tags', async () => {
    const listener: RequestListener = ({ url, headers }, response) => {
      const page = new URL(url ?? '', 'http://x').searchParams.get('page') ?? '1'
      if (page === '1')
        response.setHeader('link', `<http://${headers.host}/repositories/1/tags?page=2>; rel="next", <x>; rel="last"`)
      response.end(JSON.stringify([{ name: `v${page}` }]))
    }
    expect(await ask(listener, api => api.tagNames())).toEqual(['v1', 'v2'])
  })

  it('tries again when the server stumbles', async () => {
    let asked = 0
    const listener: RequestListener = (_, response) => {
      asked += 1
      response.writeHead(asked === 1 ? 502 : 200).end('[]')
    }
    expect(await ask(listener, api => api.tagNames())).toEqual([])
  })

  it.each([
    [401, 'responded with 401 to GET /repos/acme/shop; the token is wrong or has expired'],
    [403, 'the token lacks the permission `contents: read`'],
    [404, 'the repository does not exist, or the token has no access to it'],
    [418, 'responded with 418 to GET /repos/acme/shop'],
  ])('says what %d means', async (status, expected) => {
    const asking = ask(answer(status, '{}'), api => api.repository())
    await expect(asking).rejects.toMatchObject({
      name: 'RepositoryApiFailure',
      message: expect.stringContaining(expected),
    })
  })

  it.each([
    ['text', (api: RepositoryApi) => api.repository(), 'responded with something other than JSON'],
    ['{}', (api: RepositoryApi) => api.tagNames(), 'responded with something other than a list of tags'],
  ])('does not take %s for an answer', async (body, question, expected) => {
    await expect(ask<unknown>(answer(200, body), question)).rejects.toThrow(expected)
  })

  it('says that nobody answers, and keeps the token to itself', async () => {
    const http = createPlainHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'test' })
    const api = new RepositoryApi({
      http,
      apiUrl: 'http://127.0.0.1:9',
      repository: 'acme/shop',
      token: new Secret(TOKEN),
    })
    const failure = await api.repository().catch(String)
    expect(failure).toContain('did not respond (GET http://127.0.0.1:9/repos/acme/shop: the connection was refused')
    expect(failure).not.toContain(TOKEN)
  })
})
