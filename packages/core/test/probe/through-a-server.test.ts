import type { RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import type { SshHost } from '@deploy-actions/core/host/ssh-host'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { type HttpQuestion, observeHttp } from '@deploy-actions/core/probe/observe-http'
import { observeSocket } from '@deploy-actions/core/probe/observe-socket'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { connectedHost, PASSWORD } from '@deploy-actions/testkit/connected-host'
import { listen, serve, serveHttp2 } from '@deploy-actions/testkit/loopback-server'
import { type SshServer, startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, describe, expect, it } from '@jest/globals'

const authority = await CertificateAuthority.create()
const closing: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of closing.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

async function server(): Promise<{ ssh: SshServer; host: SshHost }> {
  const ssh = await startSshServer({ password: PASSWORD })
  const host = await connectedHost(ssh)
  closing.push(ssh, host)
  return { ssh, host }
}

// A proxy that is not there shows that none is asked.
const client = createHttpClient({
  env: { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' },
  clock: systemClock,
  userAgent: 'test',
})

async function ask(url: string, more: Partial<HttpQuestion> = {}, host?: SshHost | LocalHost) {
  const { stream } = { stream: (target: { host: string; port: number }) => (host ?? local).stream(target) }
  return observeHttp(
    client,
    { url, timeout: 60_000, maxBytes: 100_000, ...more, connection: { open: stream, ...more.connection } },
    Date.now,
  )
}
const local = new LocalHost({})

const answer: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      response.end(`${request.method} ${request.url} ${request.headers.host} ${Buffer.concat(chunks).length}`)
    })
}

describe.each([
  ['over SSH', async () => (await server()).host],
  ['from the machine itself', async () => local],
])('an answer that a server gets for us, %s', (_, make) => {
  it('is read, and no proxy is asked', async () => {
    await using web = await serve(answer)
    const seen = await ask(`${web.url}/health`, {}, await make())
    expect(seen).toMatchObject({
      ok: true,
      facts: { status: 200, text: `GET /health 127.0.0.1:${web.port} 0`, proxy: undefined },
    })
  })

  it('is asked for with a body that is larger than the windows of the way', async () => {
    await using web = await serve(answer)
    const seen = await ask(web.url, { method: 'POST', body: 'x'.repeat(3_000_000) }, await make())
    expect(seen).toMatchObject({ ok: true, facts: { text: `POST / 127.0.0.1:${web.port} 3000000` } })
  })

  it('comes by TLS, with the certificate that the server sees', async () => {
    await using web = await serve(answer, await authority.issue({ names: ['shop.example'], days: 12.5 }))
    const resolve = new Map([[`shop.example:${web.port}`, '127.0.0.1']])
    const question = { tls: { ca: authority.cert }, connection: { resolve } }
    const seen = await ask(`https://shop.example:${web.port}/`, question, await make())
    expect(seen).toMatchObject({
      ok: true,
      facts: { text: `GET / shop.example:${web.port} 0`, tlsVersion: 'TLSv1.3', certificate: { daysLeft: 12 } },
    })
  })

  it('is refused when the certificate is for another host', async () => {
    await using web = await serve(answer, await authority.issue({ names: ['TRAEFIK DEFAULT CERT'] }))
    const seen = await ask(`https://localhost:${web.port}/`, { tls: { ca: authority.cert } }, await make())
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'certificate-wrong-host' } })
  })

  it('comes by HTTP/2', async () => {
    await using web = await serveHttp2(
      (_request, response) => response.end('two'),
      await authority.issue({ names: ['127.0.0.1'] }),
    )
    const question = { tls: { ca: authority.cert }, connection: { version: '2' } } as const
    expect(await ask(web.url, question, await make())).toMatchObject({ ok: true, facts: { text: 'two' } })
    await using plain = await serveHttp2((_request, response) => response.end('plain two'))
    const seen = await ask(plain.url, { connection: { version: '2' } }, await make())
    expect(seen).toMatchObject({ ok: true, facts: { text: 'plain two' } })
  })

  it('is followed to another address that the server reaches', async () => {
    await using there = await serve(answer, await authority.issue({ names: ['localhost'] }))
    await using here = await serve((_request, response) =>
      response.writeHead(301, { location: `https://localhost:${there.port}/in` }).end(),
    )
    const seen = await ask(here.url, { redirects: 3, tls: { ca: authority.cert } }, await make())
    expect(seen).toMatchObject({ ok: true, facts: { text: `GET /in localhost:${there.port} 0` } })
  })

  it('is cut where it grows too large, however long it is', async () => {
    await using web = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const seen = await ask(web.url, {}, await make())
    expect(seen).toMatchObject({ ok: true, facts: { size: 100_000, isCut: true } })
  })

  it('is no answer when it is cut off', async () => {
    const web = createServer(socket =>
      socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf'),
    )
    const port = await listen(web)
    const seen = await ask(`http://127.0.0.1:${port}/`, {}, await make())
    web.close()
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'closed' } })
  })

  it('is limited in time', async () => {
    const sockets: Socket[] = []
    const web = createServer(socket => sockets.push(socket.on('error', () => {})))
    const port = await listen(web)
    const slow = await ask(`http://127.0.0.1:${port}/`, { timeout: 3_000 }, await make())
    expect(slow).toMatchObject({ ok: false, failure: { kind: 'timeout-headers' } })
    const silent = await ask(`https://127.0.0.1:${port}/`, { timeout: 3_000 }, await make())
    expect(silent).toMatchObject({ ok: false, failure: { kind: 'timeout-tls' } })
    for (const socket of sockets) socket.destroy()
    web.close()
  })
})

describe('a server that cannot connect for us', () => {
  it('is told with the reason', async () => {
    const closed = createServer()
    const port = await listen(closed)
    await new Promise(resolve => closed.close(resolve))
    const { host } = await server()
    const seen = await ask(`http://127.0.0.1:${port}/`, {}, host)
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'refused' } })
    expect(seen.ok || seen.failure.reason).toMatch(/server/)
  })

  it('is given up in time when it never says whether it could', async () => {
    const seen = await ask('http://shop.example/', { timeout: 100, connection: { open: () => new Promise(() => {}) } })
    expect(seen).toMatchObject({
      ok: false,
      failure: { kind: 'timeout-connect', reason: 'no connection within 0.1 s' },
    })
  })

  it('leaves nothing open when it connects too late', async () => {
    await using web = await serve(answer)
    const { promise, resolve } = Promise.withResolvers<Socket>()
    const late = async () => promise
    const seen = await ask(web.url, { timeout: 50, connection: { open: late } })
    expect(seen.ok).toBe(false)
    const socket = await local.stream({ host: '127.0.0.1', port: web.port })
    resolve(socket)
    await new Promise(done => socket.once('close', done))
    expect(socket.destroyed).toBe(true)
  })

  it('is told to be gone when the connection to it is lost', async () => {
    const { ssh, host } = await server()
    await using web = await serve(() => ssh.reset())
    const during = await ask(web.url, {}, host)
    expect(during).toMatchObject({ ok: false, failure: { kind: 'closed' } })
    expect(host.isLost).toBe(true)
    const after = await ask(web.url, {}, host)
    expect(after.ok || after.failure.reason).toMatch(/^the connection to deploy@127.0.0.1:\d+ was lost: /)
    const question = { host: '127.0.0.1', port: web.port, timeout: 60_000, open: host.stream.bind(host) }
    const socket = await observeSocket(question, Date.now)
    expect(socket.ok || socket.failure.reason).toMatch(/^the connection to deploy@127.0.0.1:\d+ was lost: /)
  })

  it('ends with the signal', async () => {
    const control = new AbortController()
    const reason = new Error('cancelled')
    await using web = await serve(() => control.abort(reason))
    const { host } = await server()
    await expect(ask(web.url, { signal: control.signal }, host)).rejects.toBe(reason)
  })
})

describe('the time of a try', () => {
  it('covers its redirects and its body', async () => {
    await using web = await serve((request, response) => {
      const step = Number(request.url?.slice(1) || 0)
      setTimeout(() => response.writeHead(302, { location: `/${step + 1}` }).end(), 120)
    })
    const seen = await observeHttp(
      createHttpClient({ env: {}, clock: systemClock, userAgent: 'test' }),
      { url: web.url, timeout: 400, maxBytes: 1_000, redirects: 50 },
      Date.now,
    )
    expect(seen).toMatchObject({ ok: false, failure: { kind: expect.stringMatching(/^timeout-/) } })
  })

  it('is not spent on undoing a compression that holds far more than is looked at', async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(200_000_000)))
    await using web = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb),
    )
    expect(await ask(web.url)).toMatchObject({ ok: true, facts: { size: 100_000, isCut: true } })
  })
})
