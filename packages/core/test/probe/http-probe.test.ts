import type { RequestListener } from 'node:http'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { type HttpProbe, probeHttp } from '@deploy-actions/core/probe/http-probe'
import { Secret } from '@deploy-actions/core/values/secret'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'

const client = createHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'test' })

async function verdictOf(listener: RequestListener, more: Partial<HttpProbe> = {}) {
  await using server = await serve(listener)
  return await probeHttp(client, { url: new URL(`${server.url}/health`), timeout: 60_000, ...more })
}

const answers =
  (status: number, body = '', headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

describe('probeHttp', () => {
  it('takes any 2xx', async () => {
    expect(await verdictOf(answers(204))).toEqual({
      ok: true,
      status: 204,
      durationMs: expect.any(Number),
      text: '',
    })
  })

  it('says where a redirect leads, without what its query holds', async () => {
    expect(await verdictOf(answers(301, '', { location: 'https://shop.example.org/health?token=abc' }))).toEqual({
      ok: false,
      reason: 'redirects (301) to https://shop.example.org/health?token=…; use that URL',
    })
  })

  test.each([
    ['a text', 'database\n  is\tdown', 'responded with 503: database is down'],
    ['nothing', '', 'responded with 503'],
    [
      'a page',
      '<html><style>a{}</style><title>502</title><h1>Bad <b>Gateway</b></h1>',
      'responded with 503: 502 Bad Gateway',
    ],
    ['a secret', 'no access with hunter2!', 'responded with 503: no access with ***'],
    ['its base64', `basic ${btoa('hunter2!')}`, 'responded with 503: basic ***'],
    ['a long text', 'x'.repeat(500), `responded with 503: ${'x'.repeat(159)}…`],
    ['a workflow command', 'a\n::error::b', 'responded with 503: a ::error::b'],
  ])('quotes %s', async (_name, body, reason) => {
    expect(await verdictOf(answers(503, body), { secrets: [new Secret('hunter2!')] })).toEqual({ ok: false, reason })
  })

  it('says in plain words why there is no answer', async () => {
    const server = await serve(answers(200))
    const url = new URL(server.url)
    await server[Symbol.asyncDispose]()
    expect(await probeHttp(client, { url, timeout: 60_000 })).toEqual({
      ok: false,
      reason: 'the connection was refused; nothing listens there',
    })
  })

  it('keeps to its time though the body drips', async () => {
    const verdict = await verdictOf(
      (_request, response) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write('.'), 20)
        response.on('close', () => clearInterval(drip))
      },
      { timeout: 3_000 },
    )
    expect(verdict).toEqual({ ok: false, reason: 'the response started and did not end within 3 s' })
  })

  it('goes through a tunnel under the name of the URL', async () => {
    await using server = await serve((request, response) => {
      response.writeHead(request.headers.host === 'shop.internal:8080' ? 200 : 400).end()
    })
    const url = new URL('http://shop.internal:8080/health')
    expect(await probeHttp(client, { url, timeout: 60_000, throughPort: server.port })).toMatchObject({ ok: true })
  })

  it('ends with the signal', async () => {
    const reason = new Error('cancelled')
    await expect(verdictOf(() => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
