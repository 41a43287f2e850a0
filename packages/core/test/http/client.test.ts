import type { IncomingMessage, RequestListener } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createHttpClient, type HttpRequest } from '@deploy-actions/core/http/client'
import { HttpFailure } from '@deploy-actions/core/http/failure'
import { Secret } from '@deploy-actions/core/values/secret'
import { type LoopbackServer, serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'

const RETRY = { attempts: 3, firstDelay: 100, longestDelay: 1_000 }

function client(clock = new ManualClock(), env: Record<string, string> = {}) {
  return createHttpClient({ env, clock, userAgent: 'deploy-actions-test', random: () => 0.5 })
}

async function failureOf(request: HttpRequest, clock = new ManualClock(), env = {}): Promise<HttpFailure> {
  const thrown = await client(clock, env)
    .send(request)
    .catch(error => error)
  expect(thrown).toBeInstanceOf(HttpFailure)
  return thrown
}

/** A server that gives the answers one after the other, the last one for ever, and remembers the requests. */
async function scripted(
  ...answers: RequestListener[]
): Promise<LoopbackServer & { seen: IncomingMessage[]; bodies: string[] }> {
  const seen: IncomingMessage[] = []
  const bodies: string[] = []
  const server = await serve(async (request, response) => {
    const index = seen.push(request) - 1
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(body)
    answers[Math.min(index, answers.length - 1)]?.(request, response)
  })
  return { ...server, seen, bodies, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_request, response) => {
    response.writeHead(code, headers).end(body)
  }

describe('one request', () => {
  it('sends method, headers and body, and reads the answer', async () => {
    await using server = await scripted(status(201, { 'X-One': '1' }, '{"a":"é"}'))
    const response = await client().send({
      method: 'POST',
      url: `${server.url}/p?q=1`,
      headers: { 'content-type': 'application/json' },
      body: '{"b":2}',
      timeout: 60_000,
    })
    expect(response.status).toBe(201)
    expect(response.ok).toBe(true)
    expect(response.headers.get('x-one')).toBe('1')
    expect(response.json()).toEqual({ a: 'é' })
    expect(server.seen[0]?.method).toBe('POST')
    expect(server.seen[0]?.url).toBe('/p?q=1')
    expect(server.seen[0]?.headers).toMatchObject({
      'user-agent': 'deploy-actions-test',
      'content-type': 'application/json',
    })
    expect(server.bodies).toEqual(['{"b":2}'])
  })

  it('makes basic authentication from the URL', async () => {
    await using server = await scripted(status(200))
    await client().send({ url: server.url.replace('//', '//me:p%40ss@'), timeout: 60_000 })
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`)
  })

  it('is one try and no redirect unless asked', async () => {
    await using server = await scripted(status(503), status(302, { location: '/x' }))
    expect((await client().send({ url: server.url, timeout: 60_000 })).status).toBe(503)
    expect((await client().send({ url: server.url, timeout: 60_000 })).status).toBe(302)
    expect(server.seen).toHaveLength(2)
  })

  it('says what JSON is none without quoting it', async () => {
    await using server = await scripted(status(200, {}, '<html>'))
    expect((await client().send({ url: server.url, timeout: 60_000 })).json()).toBeUndefined()
  })

  it('reads no more of a body than allowed', async () => {
    await using server = await scripted(status(200, {}, 'x'.repeat(5_000)))
    const failure = await failureOf({ url: server.url, timeout: 60_000, maxBytes: 4_999 })
    expect(failure).toMatchObject({ kind: 'too-large', reason: 'the response is larger than 4999 bytes' })
  })
})

describe('limits of time', () => {
  it('tells a server that takes the request and says nothing', async () => {
    await using server = await scripted(() => {})
    const failure = await failureOf({ url: server.url, timeout: 3_000 })
    expect(failure).toMatchObject({ kind: 'timeout-headers', sent: true })
    expect(failure.message).toContain('accepted the request and did not respond within 3 s')
  })

  it('tells a body that drips for ever', async () => {
    await using server = await scripted(async (_request, response) => {
      response.writeHead(200)
      for (let i = 0; i < 100 && !response.destroyed; i++) {
        response.write('x')
        await delay(50)
      }
    })
    expect(await failureOf({ url: server.url, timeout: 3_000 })).toMatchObject({ kind: 'timeout-body', sent: true })
  })

  it('cuts the last try by the limit of all', async () => {
    await using server = await scripted(() => {})
    const failure = await failureOf({ url: server.url, timeout: 600_000, deadline: 3_000 })
    expect(failure).toMatchObject({ kind: 'timeout-headers' })
  })

  it('ends with the signal, giving its reason', async () => {
    await using server = await scripted(() => {})
    const cancelled = new AbortController()
    const reason = new Error('the run was cancelled')
    setTimeout(() => cancelled.abort(reason), 50)
    await expect(client().send({ url: server.url, timeout: 60_000, signal: cancelled.signal })).rejects.toBe(reason)
  })
})

describe('retries', () => {
  it('goes on after 429 and 5xx as asked, and tells the tries', async () => {
    await using server = await scripted(status(429, { 'retry-after': '2' }), status(502), status(200))
    const clock = new ManualClock()
    const response = await client(clock).send({ url: server.url, timeout: 60_000, retry: RETRY })
    expect(response).toMatchObject({ status: 200, tries: 3 })
    expect(clock.sleeps).toEqual([2_000, 200])
  })

  it('does not ask again in a loop without a pause', async () => {
    await using server = await scripted(status(429, { 'retry-after': '0' }))
    const clock = new ManualClock()
    await client(clock).send({ url: server.url, timeout: 60_000, retry: RETRY })
    expect(clock.sleeps).toEqual([100, 200])
  })

  it('returns the last answer when the attempts are used up', async () => {
    await using server = await scripted(status(503))
    expect(await client().send({ url: server.url, timeout: 60_000, retry: RETRY })).toMatchObject({
      status: 503,
      tries: 3,
    })
  })

  it('does not wait for what lies beyond the limit of all', async () => {
    await using server = await scripted(status(429, { 'retry-after': '3600' }))
    const clock = new ManualClock()
    const response = await client(clock).send({ url: server.url, timeout: 60_000, deadline: 30_000, retry: RETRY })
    expect(response).toMatchObject({ status: 429, tries: 1 })
    expect(clock.sleeps).toEqual([])
  })

  test.each([
    ['GET', 3],
    ['POST', 1],
  ])('a %s whose connection breaks after it was sent is tried %d times', async (method, tries) => {
    await using server = await scripted((_request, response) => {
      response.socket?.resetAndDestroy()
    })
    const failure = await failureOf({ method, url: server.url, timeout: 60_000, retry: RETRY })
    expect(failure).toMatchObject({ kind: 'reset', sent: true, tries })
    expect(server.seen).toHaveLength(tries)
  })
})

describe('redirects', () => {
  it('follows within the origin with the credentials, to another one without', async () => {
    await using other = await scripted(status(200, {}, 'there'))
    await using server = await scripted(status(302, { location: '/b' }), status(302, { location: other.url }))
    const response = await client().send({
      url: server.url,
      headers: { authorization: 'Bearer t', 'private-token': 'u' },
      timeout: 60_000,
      redirects: 2,
    })
    expect(response.text()).toBe('there')
    expect(response.url.origin).toBe(other.url)
    expect(server.seen[1]?.headers).toMatchObject({ authorization: 'Bearer t', 'private-token': 'u' })
    expect(other.seen[0]?.headers).not.toHaveProperty('authorization')
    expect(other.seen[0]?.headers).not.toHaveProperty('private-token')
  })

  it('ends a loop', async () => {
    await using server = await scripted(status(302, { location: '/' }))
    expect(await failureOf({ url: server.url, timeout: 60_000, redirects: 3 })).toMatchObject({
      kind: 'redirect',
      reason: 'it redirects more than 3 times',
    })
    expect(server.seen).toHaveLength(4)
  })
})

describe('a failure', () => {
  it('holds no secret, in whatever part of the URL', async () => {
    await using server = await scripted((_request, response) => response.destroy())
    const failure = await failureOf({
      url: `${server.url.replace('//', '//me:pa55word@')}/hooks/t%2Fk-n/x?key=q5ecret`,
      timeout: 60_000,
      secrets: [new Secret('t/k-n')],
    })
    const everything = `${failure.message}\n${failure.stack}\n${JSON.stringify(failure)}\n${String(failure.cause)}`
    expect(failure.message).toContain('/hooks/***/x?key=…: ')
    for (const secret of ['t/k-n', 't%2Fk-n', 'pa55word', 'q5ecret']) expect(everything).not.toContain(secret)
  })
})
