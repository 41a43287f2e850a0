import { createServer } from 'node:http'
import { connect } from 'node:net'
import { TLSSocket } from 'node:tls'
import { createHttpClient, type HttpRequest } from '@deploy-actions/core/http/client'
import { HttpFailure, KnownFailure } from '@deploy-actions/core/http/failure'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { listen, serve, serveHttp2 } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

type Given = Omit<HttpRequest, 'timeout'> & Partial<HttpRequest>

const send = (request: Given, env: Record<string, string> = {}) =>
  createHttpClient({ env, clock: new ManualClock(), userAgent: 'test' }).send({ timeout: 60_000, ...request })

async function failureOf(request: Given): Promise<HttpFailure> {
  const thrown = await send(request).catch(error => error)
  expect(thrown).toBeInstanceOf(HttpFailure)
  return thrown
}

const authority = await CertificateAuthority.create()
const certificate = await authority.issue({ names: ['127.0.0.1', 'shop.example'] })
const tls = { ca: authority.cert }

describe('HTTP/2', () => {
  it('is spoken over TLS', async () => {
    await using server = await serveHttp2((request, response) => response.end(request.httpVersion), certificate)
    const response = await send({ url: server.url, connection: { version: '2', tls } })
    expect(response.text()).toBe('2.0')
  })

  it('is spoken without TLS, from the first byte', async () => {
    await using server = await serveHttp2((request, response) => {
      response.writeHead(201, { 'x-host': request.authority })
      response.end(request.httpVersion)
    })
    const response = await send({ url: server.url, connection: { version: '2' } })
    expect([response.status, response.text()]).toEqual([201, '2.0'])
  })

  it('is missed where the server has none', async () => {
    await using server = await serve((_request, response) => response.end(), certificate)
    const failure = await failureOf({ url: server.url, connection: { version: '2', tls } })
    expect(failure.reason).toBe('the server does not offer HTTP/2 (it chose http/1.1)')
    expect(failure.sent).toBe(false)
  })

  it('keeps to the limits of time and size', async () => {
    await using server = await serveHttp2((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('0123456789'), 20)
      response.on('close', () => clearInterval(drip))
    }, certificate)
    const connection = { version: '2', tls } as const
    const cut = await send({ url: server.url, connection, maxBytes: 25, overflow: 'cut' })
    expect([cut.text(), cut.isCut]).toEqual(['0123456789012345678901234', true])
    const failure = await send({ url: server.url, connection, timeout: 1_000 }).catch(error => error)
    expect(failure).toMatchObject({ kind: 'timeout-body' })
  })

  it('is spoken through a proxy', async () => {
    await using server = await serveHttp2((request, response) => response.end(request.httpVersion), certificate)
    const proxy = createServer().on('connect', (_request, socket) => {
      const upstream = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => {})
    })
    const port = await listen(proxy)
    const seen: (string | undefined)[] = []
    const response = await send(
      {
        url: 'https://shop.example/',
        connection: {
          version: '2',
          tls,
          onConnected: socket =>
            seen.push(socket instanceof TLSSocket ? socket.getPeerCertificate().subjectaltname : ''),
        },
      },
      { HTTPS_PROXY: `http://127.0.0.1:${port}` },
    )
    proxy.closeAllConnections()
    proxy.close()
    expect(response.text()).toBe('2.0')
    expect(response.proxy?.host).toBe(`127.0.0.1:${port}`)
    expect(seen).toEqual(['IP Address:127.0.0.1, DNS:shop.example'])
  })
})

describe('resolve', () => {
  it('leads a host and port to an address, with the name in Host and TLS, and past a proxy', async () => {
    await using server = await serve((request, response) => response.end(request.headers.host), certificate)
    const response = await send(
      {
        url: `https://shop.example:${server.port}/`,
        connection: { resolve: new Map([[`shop.example:${server.port}`, '127.0.0.1']]), tls },
      },
      { HTTPS_PROXY: 'http://127.0.0.1:9' },
    )
    expect(response.text()).toBe(`shop.example:${server.port}`)
    expect(response.proxy).toBeUndefined()
  })

  it('leaves other ports alone', async () => {
    await using server = await serve((_request, response) => response.end('real'))
    const resolve = new Map([['127.0.0.1:1', '203.0.113.1']])
    expect((await send({ url: server.url, connection: { resolve } })).text()).toBe('real')
  })
})

describe('onConnected', () => {
  it('may refuse a connection before anything is sent', async () => {
    let requests = 0
    await using server = await serve((_request, response) => {
      requests++
      response.end()
    }, certificate)
    const failure = await failureOf({
      url: server.url,
      connection: {
        tls: { rejectUnauthorized: false },
        onConnected: () => {
          throw new KnownFailure('certificate-expired', 'too old for us')
        },
      },
    })
    expect(failure).toMatchObject({ kind: 'certificate-expired', reason: 'too old for us', sent: false })
    expect(requests).toBe(0)
  })
})

describe('a body larger than the limit', () => {
  it('is cut on wish, and no more of it is read', async () => {
    let isEnded = false
    await using server = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pour).on('close', () => {
        isEnded = true
      })
      pour()
    })
    const response = await send({ url: server.url, maxBytes: 100_000, overflow: 'cut' })
    expect(response.body.length).toBe(100_000)
    expect(response.isCut).toBe(true)
    while (!isEnded) await new Promise(resolve => setTimeout(resolve, 5))
  })
})

describe('timings', () => {
  it('tell connection, wait and body apart', async () => {
    await using server = await serve((_request, response) => {
      setTimeout(() => {
        response.write('a')
        setTimeout(() => response.end('b'), 10)
      }, 10)
    })
    const { connected, firstByte, total } = (await send({ url: server.url })).timings
    expect(firstByte).toBeGreaterThan(connected)
    expect(total).toBeGreaterThan(firstByte)
  })
})
