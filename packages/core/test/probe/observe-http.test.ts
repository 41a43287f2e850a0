import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { type HttpQuestion, observeHttp } from '@deploy-actions/core/probe/observe-http'
import { CertificateAuthority, type CertificateParts, selfSigned } from '@deploy-actions/testkit/certificates'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'

const client = createHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'test' })
const authority = await CertificateAuthority.create()

const ask = (url: string, more: Partial<HttpQuestion> = {}) =>
  observeHttp(client, { url, timeout: 60_000, maxBytes: 1_000_000, ...more }, Date.now)

async function askOnce(listener: RequestListener, more: Partial<HttpQuestion> = {}) {
  await using server = await serve(listener)
  return await ask(server.url, more)
}

async function askTls(parts: CertificateParts, more: Partial<HttpQuestion> = {}) {
  await using server = await serve((_request, response) => response.end('ok'), await authority.issue(parts))
  return await ask(server.url.replace('127.0.0.1', 'localhost'), { tls: { ca: authority.cert }, ...more })
}

/** A server that says these very bytes to whoever comes. */
async function raw(bytes: string): Promise<{ url: string; server: Server }> {
  const server = createServer(socket => {
    socket
      .on('error', () => {})
      .once('data', () => socket.end(bytes))
      .resume()
  })
  return { url: `http://127.0.0.1:${await listen(server)}`, server }
}

const factsOf = (seen: Awaited<ReturnType<typeof ask>>) => (seen.ok ? seen.facts : undefined)
const failureOf = (seen: Awaited<ReturnType<typeof ask>>) => (seen.ok ? undefined : seen.failure)

describe('an answer', () => {
  it('is given with status, headers, text and times', async () => {
    const facts = factsOf(
      await askOnce((_request, response) => response.writeHead(404, { 'X-Release': 'abc' }).end('née')),
    )
    expect(facts).toMatchObject({ status: 404, text: 'née', size: 4, isCut: false, tlsVersion: undefined })
    expect(facts?.headers.get('x-release')).toBe('abc')
    expect(facts?.timings.total).toBeGreaterThan(0)
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('is decoded from %s', async (encoding, compress) => {
    const seen = await askOnce((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress('{"status":"healthy"}')),
    )
    expect(factsOf(seen)?.text).toBe('{"status":"healthy"}')
  })

  it('is decoded up to its limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'x'))
    const seen = await askOnce((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    expect(factsOf(seen)).toMatchObject({ size: 1_000_000, isCut: true })
  })

  it('is told to be badly encoded', async () => {
    const seen = await askOnce((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
    )
    expect(failureOf(seen)).toEqual({
      kind: 'encoding',
      reason: 'its body is not a complete gzip, though Content-Encoding says so',
      responded: true,
    })
  })

  it('comes over a new connection each time', async () => {
    const ports = new Set<number | undefined>()
    await using server = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end()
    })
    for (let tries = 0; tries < 3; tries++) await ask(server.url)
    expect(ports.size).toBe(3)
  })

  it('comes over IPv6', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nv6'))
    })
    const port = await listen(server, '::1')
    expect(factsOf(await ask(`http://[::1]:${port}/`))?.text).toBe('v6')
    // The name leads to both families; only one has a listener.
    expect(factsOf(await ask(`http://localhost:${port}/`))?.text).toBe('v6')
    expect(failureOf(await ask(`http://localhost:${port}/`, { connection: { family: 4 } }))?.kind).toBe('refused')
    server.close()
  })

  test.each([
    ['chunks that are none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 'not-http', 'is not HTTP'],
    [
      'a length that is not kept',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort',
      'closed',
      'closed before the response was complete',
    ],
    ['another protocol', '220 mail.example ESMTP\r\n', 'not-http', 'the response is not HTTP'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 'too-large', 'headers of the response'],
  ])('is told to be broken: %s', async (_name, bytes, kind, reason) => {
    const { url, server } = await raw(bytes)
    const failure = failureOf(await ask(url))
    server.close()
    expect(failure?.kind).toBe(kind)
    expect(failure?.reason).toContain(reason)
  })
})

describe('a certificate', () => {
  it('is told with what it says', async () => {
    const facts = factsOf(await askTls({ names: ['localhost', '127.0.0.1'], days: 21.5 }))
    expect(facts?.tlsVersion).toBe('TLSv1.3')
    expect(facts?.certificate).toMatchObject({
      subject: 'localhost',
      issuer: 'CN=Test authority',
      names: ['localhost', '127.0.0.1'],
      daysLeft: 21,
    })
  })

  test.each([
    [
      'expired',
      { names: ['localhost'], days: -3.5 },
      'certificate-expired',
      /^its certificate expired 3 days ago \(on \d{4}-\d\d-\d\d\)$/,
    ],
    [
      'too early',
      { names: ['localhost'], startsIn: 2 },
      'certificate-not-yet-valid',
      /^its certificate is valid only from \d{4}-/,
    ],
    [
      'for another host',
      { names: ['TRAEFIK DEFAULT CERT'] },
      'certificate-wrong-host',
      /^its certificate is for TRAEFIK DEFAULT CERT, not for localhost$/,
    ],
  ])('is refused when it is %s', async (_name, parts, kind, reason) => {
    const failure = failureOf(await askTls(parts))
    expect(failure?.kind).toBe(kind)
    expect(failure?.reason).toMatch(reason)
    expect(failure?.certificate?.names).toEqual(parts.names)
  })

  it('is refused when nobody vouches for it', async () => {
    await using own = await serve((_request, response) => response.end(), await selfSigned({ names: ['127.0.0.1'] }))
    expect(failureOf(await ask(own.url))?.reason).toBe(
      'its certificate is self-signed, so no authority vouches for it (issued by CN=127.0.0.1)',
    )
    const unknown = failureOf(await askTls({ names: ['localhost'] }, { tls: {} }))
    expect(unknown?.kind).toBe('certificate-chain')
    expect(unknown?.reason).toContain('(issued by CN=Test authority)')
  })

  it('is read even where it is not checked', async () => {
    const facts = factsOf(await askTls({ names: ['localhost'], days: -3.5 }, { tls: { insecure: true } }))
    expect(facts).toMatchObject({ status: 200, certificate: { daysLeft: -4 } })
  })

  it('may be asked for under another name', async () => {
    const tls = { ca: authority.cert, servername: 'shop.example' }
    expect(factsOf(await askTls({ names: ['shop.example'] }, { tls }))?.status).toBe(200)
    expect(failureOf(await askTls({ names: ['localhost'] }, { tls }))?.reason).toBe(
      'its certificate is for localhost, not for shop.example',
    )
  })
})
