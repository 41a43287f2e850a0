import { createServer, type RequestListener } from 'node:http'
import { networkInterfaces } from 'node:os'
import { proxyTo } from '@deploy-actions/testkit/forward-proxy'
import { listen, serve, serveHttp2 } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'
import type { Expectation } from '../../src/expect/expectation.ts'
import { run } from '../../src/run.ts'
import { checkOf, httpSubject, ONCE, planOf, RETRY, worldOf } from '../making.ts'
import { ask, askOf, healthy } from './asking.ts'

describe('an application that has just been deployed', () => {
  it('passes once it answers well: the assertions are tried again too', async () => {
    const answers = ['<html>502</html>', '{"status":"starting"}', '{"status":"healthy"}']
    const statuses = [502, 200, 200]
    let asked = 0
    const seen = await askOf(
      (_request, response) => {
        response.writeHead(statuses[asked] ?? 200).end(answers[asked] ?? answers.at(-1))
        asked += 1
      },
      { expectations: [{ kind: 'status', ranges: [{ from: 200, to: 299 }] }, healthy] },
    )
    expect(seen.outcome).toBe('passed')
    expect(seen.attempts.map(({ ok }) => ok)).toEqual([false, false, true])
    expect(seen.attempts[0]?.reasons[0]).toBe('status is 502, not 2xx')
    expect(seen.attempts[0]?.excerpt).toBe('502')
    expect(seen.attempts[1]?.reasons[0]).toContain('starting')
  })

  it('passes once it is up', async () => {
    const probe = createServer()
    const port = await listen(probe)
    await new Promise(resolve => probe.close(resolve))
    const late = createServer((_request, response) => response.end('up'))
    const clock = new ManualClock()
    const seen = await ask(`http://127.0.0.1:${port}/`, {
      clock: {
        now: () => clock.now(),
        sleep: async () => void (late.listening || (await listen(late, '127.0.0.1', port))),
      },
    })
    late.closeAllConnections()
    late.close()
    expect(seen.outcome).toBe('passed')
    expect(seen.attempts.map(({ reasons }) => reasons)).toEqual([
      ['the connection was refused; nothing listens there'],
      [],
    ])
  })

  it('does not pass when it flaps, where several good answers in a row are needed', async () => {
    let asked = 0
    const flap: RequestListener = (_request, response) => response.writeHead(++asked % 3 === 0 ? 500 : 200).end()
    const retry = { ...RETRY, attempts: 8, interval: 5, successThreshold: 3 }
    const seen = await askOf(flap, { retry })
    expect(seen.outcome).toBe('failed')
    expect(seen.reason).toBe('status is 500, not 2xx')
    asked = 0
    expect((await askOf(flap, { retry: { ...retry, successThreshold: 2 } })).outcome).toBe('passed')
  })

  it('is asked over a new connection each time', async () => {
    const ports = new Set<number | undefined>()
    const seen = await askOf(
      (request, response) => {
        ports.add(request.socket.remotePort)
        response.writeHead(ports.size < 3 ? 503 : 200).end()
      },
      { retry: { ...RETRY, attempts: 3 } },
    )
    expect(seen.outcome).toBe('passed')
    expect(ports.size).toBe(3)
  })

  it('is left alone as long as it asks for', async () => {
    const clock = new ManualClock()
    let asked = 0
    const busy: RequestListener = (_request, response) =>
      response.writeHead(++asked < 2 ? 503 : 200, { 'retry-after': '1' }).end()
    expect((await askOf(busy, { clock })).outcome).toBe('passed')
    expect(clock.sleeps).toEqual([1_000])
  })

  it.each([
    ['a status', { kind: 'status', from: 404, to: 404 } as const, 404],
    ['a class of them', { kind: 'status', from: 400, to: 499 } as const, 410],
  ])('is not asked again after %s that is fatal', async (_, fatal, status) => {
    const seen = await askOf((_request, response) => response.writeHead(status).end(), {
      retry: { ...RETRY, fatalOn: [fatal] },
    })
    expect(seen.attempts).toHaveLength(1)
    expect(seen.reason).toBe(`status is ${status}, not 2xx`)
  })

  it('is not asked again after a failure of the connection that is fatal', async () => {
    const fatalOn = [{ kind: 'failure', failure: 'refused' } as const]
    const seen = await ask('http://127.0.0.1:9/', { retry: { ...RETRY, fatalOn } })
    expect(seen.attempts).toHaveLength(1)
  })
})

describe('the time of an attempt', () => {
  const limits = { timeout: 1_000, retry: ONCE }

  it.each<[string, RequestListener, string]>([
    ['does not answer', () => {}, 'the server accepted the request and did not respond within 1 s'],
    [
      'drips',
      (_request, response) => {
        const timer = setInterval(() => response.write('.'), 20)
        response.on('close', () => clearInterval(timer))
      },
      'the response started and did not end within 1 s',
    ],
    [
      'sends its headers and stops',
      (_request, response) => response.writeHead(200, { 'content-length': '10' }).write('1'),
      'the response started and did not end within 1 s',
    ],
  ])('is kept to when the server %s', async (_, listener, reason) => {
    const seen = await askOf(listener, limits)
    expect(seen.reason).toBe(reason)
  })

  it('is cut by the deadline', async () => {
    const clock = new ManualClock()
    const silent = () => clock.advance(400)
    const seen = await askOf(silent, { timeout: 30_000, retry: { ...RETRY, deadline: 400 }, clock })
    expect(seen).toMatchObject({ outcome: 'failed' })
    expect(seen.reason).toMatch(/^the server accepted the request .* 0.4 s \(until its deadline of 400 ms\)$/)
  })
})

describe('a way to the server', () => {
  it('may be HTTP/2, from the first byte', async () => {
    await using server = await serveHttp2((_request, response) => response.end('two'))
    expect((await ask(server.url, { http: { version: '2' }, retry: ONCE })).outcome).toBe('passed')
  })

  const hasIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))
  if (!hasIpv6) process.stderr.write('This machine has no ::1: nothing of IPv6 is tested.\n')
  const itWithIpv6 = hasIpv6 ? it : it.skip

  itWithIpv6('may be IPv6, also where the name has both', async () => {
    const server = createServer((_request, response) => response.end('six'))
    const port = await listen(server, '::1')
    expect((await ask(`http://[::1]:${port}/`, { retry: ONCE })).outcome).toBe('passed')
    expect((await ask(`http://localhost:${port}/`, { retry: ONCE })).outcome).toBe('passed')
    expect((await ask(`http://localhost:${port}/`, { http: { family: 6 }, retry: ONCE })).outcome).toBe('passed')
    expect((await ask(`http://localhost:${port}/`, { http: { family: 4 }, retry: ONCE })).reason).toContain('refused')
    server.closeAllConnections()
    server.close()
  })

  it('may be an address in place of that of DNS', async () => {
    await using server = await serve((request, response) => response.end(request.headers.host))
    const resolve = new Map([[`shop.example:${server.port}`, '127.0.0.1']])
    const body: Expectation = {
      kind: 'value',
      source: { part: 'body' },
      matcher: { op: 'eq', value: `shop.example:${server.port}` },
    }
    const seen = await ask(`http://shop.example:${server.port}/`, {
      http: { resolve },
      expectations: [body],
      retry: ONCE,
    })
    expect(seen.reason).toBeUndefined()
  })

  it('may be a proxy, which is told when the answer is bad', async () => {
    await using proxy = await proxyTo(0, 502)
    const env = { HTTP_PROXY: `http://user:pw-of-proxy@127.0.0.1:${proxy.port}` }
    const seen = await ask('http://shop.example/', { env, retry: ONCE })
    expect(seen.reason).toBe(`status is 502, not 2xx; the answer came by way of the proxy 127.0.0.1:${proxy.port}`)
    expect((await ask('https://shop.example/', { env: { HTTPS_PROXY: env.HTTP_PROXY }, retry: ONCE })).reason).toBe(
      'the proxy could not reach it (502)',
    )
  })

  it('may be no proxy, where NO_PROXY says so', async () => {
    await using server = await serve((_request, response) => response.end())
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.0/8' }
    expect((await ask(server.url, { env, retry: ONCE })).outcome).toBe('passed')
  })

  it('may not exist', async () => {
    expect((await ask('http://no-such-name.invalid/', { retry: ONCE })).reason).toMatch(
      /^(the name was not found in DNS|DNS did not respond)/,
    )
  })
})

describe('a hundred checks', () => {
  it('are made at the same time', async () => {
    let underWay = 0
    let most = 0
    await using server = await serve((_request, response) => {
      most = Math.max(most, ++underWay)
      response.on('close', () => {
        underWay -= 1
      })
      // Nobody is answered until all have come.
      const timer = setInterval(() => {
        if (most < 100) return
        clearInterval(timer)
        response.end()
      }, 10)
    })
    const plans = Array.from({ length: 100 }, (_, index) =>
      planOf(
        checkOf({
          name: `check ${index}`,
          subject: httpSubject(`${server.url}/${index}`),
          retry: ONCE,
          timeout: 30_000,
        }),
      ),
    )
    const { result } = await run(plans, { deadline: 60_000, concurrency: 100, failFast: false, secrets: [] }, worldOf())
    expect(result.checks.filter(({ outcome }) => outcome === 'passed')).toHaveLength(100)
    expect(most).toBe(100)
  })
})
