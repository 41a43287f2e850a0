import { createServer } from 'node:net'
import type { ProbeFailure } from '@deploy-actions/core/probe/observed'
import { selfSigned } from '@deploy-actions/testkit/certificates'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { describe, expect, it, test } from '@jest/globals'
import { doubtOf } from '../../src/attempt/unreachable.ts'
import type { Subject } from '../../src/check.ts'
import { runCheck } from '../../src/run-check.ts'
import { checkOf, httpSubject, ONCE, observerWorld, RETRY, worldOf } from '../making.ts'
import { raw } from './asking.ts'

const expectations = [{ kind: 'unreachable' } as const]

function look(subject: Subject, env: Record<string, string> = {}) {
  const frame = { start: Date.now(), end: Date.now() + 60_000, signal: new AbortController().signal, secrets: [] }
  const check = checkOf({ subject, retry: ONCE, expectations, timeout: 1_000 })
  return runCheck(check, frame, worldOf({}, observerWorld({}, env)))
}

async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

const tcp = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port, family: undefined, send: undefined }) as const

describe('a check that expects that nothing responds', () => {
  it('passes for a closed port', async () => {
    const port = await closedPort()
    expect((await look(tcp(port))).outcome).toBe('passed')
    expect((await look(httpSubject(`http://127.0.0.1:${port}/`))).outcome).toBe('passed')
  })

  it('passes for a connection that is closed without a response', async () => {
    await using server = await raw(socket => socket.end())
    expect((await look(httpSubject(server.url))).outcome).toBe('passed')
  })

  it('fails for an open port and for a response of any status', async () => {
    await using web = await serve((_request, response) => response.writeHead(503).end())
    expect((await look(tcp(web.port))).reason).toBe('accepted the connection, and must not be reachable')
    expect((await look(httpSubject(web.url))).reason).toBe('responded with status 503, and must not be reachable')
  })

  it('fails for a certificate that is not trusted', async () => {
    await using web = await serve((_request, response) => response.end(), await selfSigned({ names: ['localhost'] }))
    const { reason } = await look(httpSubject(`https://localhost:${web.port}/`))
    expect(reason).toMatch(/certificate is self-signed.*; so something responded, and must not be reachable$/)
  })

  it('fails for a port that speaks no TLS, and for one that leaves the handshake unfinished', async () => {
    await using web = await serve((_request, response) => response.end())
    expect((await look({ ...tcp(web.port), kind: 'tls', tls: {} })).reason).toContain('something responded')
    await using silent = await raw(() => {})
    const secure = silent.url.replace('http:', 'https:')
    expect((await look(httpSubject(secure))).reason).toContain('it connected, but TLS was not ready within 1 s')
  })

  it('fails for a response that breaks off', async () => {
    await using server = await raw(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))
    expect((await look(httpSubject(server.url))).reason).toContain('something responded')
  })

  it('fails for a redirect to where nothing responds', async () => {
    const port = await closedPort()
    await using web = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
    )
    expect((await look(httpSubject(web.url))).reason).toContain('something responded')
  })

  it('fails when a proxy is on the way, since the proxy may be what is down', async () => {
    const proxy = `http://127.0.0.1:${await closedPort()}`
    const seen = await look(httpSubject('http://shop.example.org/'), { http_proxy: proxy })
    expect(seen.reason).toContain('behind a proxy this does not show that nothing responds; name the host in NO_PROXY')
  })

  it('takes no attempt that the deadline cut for a proof', async () => {
    const frame = { start: Date.now(), end: Date.now() + 60_000, signal: new AbortController().signal, secrets: [] }
    const late = { ok: false, failure: { kind: 'timeout-connect', reason: 'no connection' }, durationMs: 5 } as const
    const check = checkOf({
      subject: tcp(1),
      retry: { ...RETRY, attempts: 1, deadline: 500 },
      expectations,
      timeout: 1_000,
    })
    const seen = await runCheck(check, frame, worldOf({ observe: async () => late }))
    expect(seen).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('the deadline left too little time'),
    })
    expect(seen.attempts).toMatchObject([{ ok: false, isCut: true }])
  })
})

describe('doubtOf', () => {
  const failure = (kind: ProbeFailure['kind']): ProbeFailure => ({ kind, reason: '' })

  test.each(['refused', 'unreachable', 'timeout-connect', 'reset', 'closed'] as const)('has none for %s', kind => {
    expect(doubtOf(failure(kind), false)).toBeUndefined()
  })

  test.each([
    ['name-not-found', 'without an address'],
    ['name-unresolved', 'without an address'],
    ['host', 'does not show'],
    ['proxy', 'does not show'],
    ['unknown', 'does not show'],
    ['invalid-request', 'does not show'],
    ['timeout-headers', 'something responded'],
    ['certificate-expired', 'something responded'],
    ['not-http', 'something responded'],
  ] as const)('has one for %s', (kind, text) => {
    expect(doubtOf(failure(kind), false)).toContain(text)
  })
})
