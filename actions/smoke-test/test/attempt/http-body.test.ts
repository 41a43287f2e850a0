import type { RequestListener } from 'node:http'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { describe, expect, it } from '@jest/globals'
import type { Expectation } from '../../src/expect/expectation.ts'
import { ONCE } from '../making.ts'
import { ask, askOf, healthy, raw } from './asking.ts'

describe('a body', () => {
  const text = '{"status":"healthy"}'
  it.each<[string, (body: string) => Buffer]>([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ])('is read from %s', async (encoding, compress) => {
    const seen = await askOf(
      (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(compress(text)),
      { expectations: [healthy], retry: ONCE },
    )
    expect(seen.reason).toBeUndefined()
  })

  it('that never ends is cut, and what is known of it is judged', async () => {
    const endless: RequestListener = (_request, response) => {
      response.write(text)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(262_144, 'x')));
      }
      response.on('drain', more)
      more()
    }
    expect((await askOf(endless, { retry: ONCE })).outcome).toBe('passed')
    const size: Expectation = { kind: 'max-size', bytes: 10_000 }
    const seen = await askOf(endless, { retry: ONCE, expectations: [size], http: { maxBytes: 10_001 } })
    expect(seen.reason).toBe('the body is larger than 10.0 kB')
    expect(seen.attempts[0]?.excerpt?.length).toBeLessThanOrEqual(500)
  })

  it('of a gigabyte that is announced is not fetched', async () => {
    let sent = 0
    const huge: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-length': String(1024 ** 3) })
      const more = () => {
        while (!response.destroyed) {
          sent += 262_144
          if (!response.write(Buffer.alloc(262_144))) return
        }
      }
      response.on('drain', more)
      more()
    }
    expect((await askOf(huge, { retry: ONCE })).outcome).toBe('passed')
    expect(sent).toBeLessThan(100_000_000)
  })

  it.each([
    [
      'is cut short',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort',
      /^the connection was closed before the response was complete$/,
    ],
    [
      'breaks off within a chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nabc',
      /closed before the response was complete/,
    ],
    ['has broken chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', /^the response is not HTTP$/],
    ['is no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n', /^the response is not HTTP$/],
    [
      'comes after endless headers',
      `HTTP/1.1 200 OK\r\n${'x: yyyyyyyyyyyyyyyy\r\n'.repeat(10_000)}`,
      /^the headers of the response are larger than 16 kB$/,
    ],
  ])('that %s is a failure', async (_, bytes, reason) => {
    await using server = await raw(socket => void socket.end(bytes))
    expect((await ask(server.url, { retry: ONCE })).reason).toMatch(reason)
  })

  it('is quoted on one line, and briefly', async () => {
    const seen = await askOf(
      (_request, response) => response.writeHead(500).end(`::error::fake\n${'ä'.repeat(5_000)}`),
      {
        retry: ONCE,
      },
    )
    const excerpt = seen.attempts[0]?.excerpt ?? ''
    expect(excerpt.startsWith('::error::fake äää')).toBe(true)
    expect([...excerpt].length).toBe(500)
  })
})

describe('a redirect', () => {
  const loop: RequestListener = (request, response) =>
    response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end()

  it('is followed, to another host too', async () => {
    await using there = await serve((_request, response) => response.end('there'))
    const target = there.url.replace('127.0.0.1', 'localhost')
    const seen = await askOf((_request, response) => response.writeHead(307, { location: target }).end(), {
      retry: ONCE,
    })
    expect(seen.outcome).toBe('passed')
  })

  it('is the answer where none are followed', async () => {
    const expectations: Expectation[] = [
      { kind: 'status', ranges: [{ from: 301, to: 301 }] },
      { kind: 'value', source: { part: 'header', name: 'location' }, matcher: { op: 'starts-with', text: 'https://' } },
    ]
    const moved: RequestListener = (_request, response) =>
      response.writeHead(301, { location: 'https://x.example/' }).end()
    expect((await askOf(moved, { http: { maxRedirects: 0 }, expectations, retry: ONCE })).reason).toBeUndefined()
  })

  it('is followed from https to http, and the URL in the end tells', async () => {
    const authority = await CertificateAuthority.create()
    await using plain = await serve((_request, response) => response.end('plain'))
    await using secure = await serve(
      (_request, response) => response.writeHead(301, { location: plain.url }).end(),
      await authority.issue({ names: ['127.0.0.1'] }),
    )
    const url: Expectation = {
      kind: 'value',
      source: { part: 'url' },
      matcher: { op: 'starts-with', text: 'https://' },
    }
    const http = { tls: { insecure: true } }
    expect((await ask(secure.url, { http, retry: ONCE })).outcome).toBe('passed')
    expect((await ask(secure.url, { http, retry: ONCE, expectations: [url] })).outcome).toBe('failed')
  })

  it('that leads round and round is given up', async () => {
    expect((await askOf(loop, { retry: ONCE })).reason).toBe('it redirects more than 10 times')
  })

  it('does not take a password to another host', async () => {
    const seen: (string | undefined)[] = []
    await using there = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    await using here = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { location: there.url }).end()
    })
    const url = here.url.replace('http://', 'http://me:hunter2@')
    expect((await ask(url, { retry: ONCE })).outcome).toBe('passed')
    expect(seen).toEqual([`Basic ${btoa('me:hunter2')}`, undefined])
  })
})
