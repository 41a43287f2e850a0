import { createServer, type Server } from 'node:net'
import { createHttpClient } from '@deploy-actions/core/http/client'
import type { ConnectionSettings } from '@deploy-actions/core/http/connection'
import { explainFailure } from '@deploy-actions/core/http/explain-failure'
import { HttpFailure } from '@deploy-actions/core/http/failure'
import { CertificateAuthority, selfSigned } from '@deploy-actions/testkit/certificates'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'

async function failure(url: string, connection: ConnectionSettings = {}, timeout = 60_000): Promise<HttpFailure> {
  const http = createHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'deploy-actions-test' })
  const thrown = await http.send({ url, timeout, connection }).catch(error => error)
  expect(thrown).toBeInstanceOf(HttpFailure)
  return thrown
}

async function rawServer(answer: string | undefined): Promise<AsyncDisposable & { url: string; server: Server }> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => (answer === undefined ? socket.destroy() : socket.end(answer)))
  })
  const port = await listen(server)
  return {
    server,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

const ok = (_request: unknown, response: { end(text: string): unknown }) => {
  response.end('ok')
}

describe('explainFailure, by real connections', () => {
  it('refused', async () => {
    const { url, server } = await rawServer('')
    await new Promise(resolve => server.close(resolve))
    expect(await failure(url)).toMatchObject({ kind: 'refused', sent: false })
    expect(await failure(url.replace('127.0.0.1', 'localhost'))).toMatchObject({ kind: 'refused' })
  })

  it('a name that does not exist', async () => {
    expect((await failure('http://no-such-name.invalid/', {}, 20_000)).kind).toMatch(/^name-(not-found|unresolved)$/)
  })

  it('closed without an answer', async () => {
    await using server = await rawServer(undefined)
    expect(await failure(server.url)).toMatchObject({ kind: 'closed', sent: true })
  })

  it('cut short', async () => {
    await using server = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')
    expect(await failure(server.url)).toMatchObject({ kind: 'closed', sent: true })
  })

  it('not HTTP', async () => {
    await using server = await rawServer('SSH-2.0-OpenSSH_9.6\r\n')
    expect(await failure(server.url)).toMatchObject({ kind: 'not-http' })
  })

  it('no TLS on that port', async () => {
    await using server = await rawServer('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await failure(server.url.replace('http:', 'https:'))).toMatchObject({ kind: 'tls', sent: false })
  })

  it('headers without an end', async () => {
    await using server = await rawServer(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(await failure(server.url)).toMatchObject({ kind: 'too-large' })
  })

  it('a handshake that never ends, whose socket is closed', async () => {
    const closed = Promise.withResolvers<void>()
    const server = createServer(socket => {
      socket
        .on('error', () => {})
        .on('close', () => closed.resolve())
        .resume()
    })
    const port = await listen(server)
    const late = await failure(`https://127.0.0.1:${port}/`, {}, 1_000)
    const reason = 'it connected, but TLS was not ready within 1 s'
    expect(late).toMatchObject({ kind: 'timeout-tls', sent: false, reason })
    await closed.promise
    server.close()
  })
})

describe('explainFailure, by certificates', () => {
  it('self-signed', async () => {
    await using server = await serve(ok, await selfSigned({ names: ['127.0.0.1'] }))
    expect(await failure(server.url)).toMatchObject({ kind: 'certificate-self-signed' })
  })

  it('an authority that is not known', async () => {
    const authority = await CertificateAuthority.create()
    await using server = await serve(ok, await authority.issue({ names: ['127.0.0.1'] }))
    expect((await failure(server.url)).kind).toBe('certificate-chain')
  })

  it('expired, not valid yet, for another host', async () => {
    const authority = await CertificateAuthority.create()
    const tls = { ca: authority.cert }
    await using expired = await serve(ok, await authority.issue({ names: ['127.0.0.1'], days: -1 }))
    expect(await failure(expired.url, { tls })).toMatchObject({ kind: 'certificate-expired', sent: false })
    await using early = await serve(ok, await authority.issue({ names: ['127.0.0.1'], startsIn: 5 }))
    expect(await failure(early.url, { tls })).toMatchObject({ kind: 'certificate-not-yet-valid' })
    await using other = await serve(ok, await authority.issue({ names: ['a.example', 'b.example'] }))
    const wrong = await failure(other.url, { tls })
    expect(wrong).toMatchObject({ kind: 'certificate-wrong-host' })
    expect(wrong.reason).toBe('its certificate is for another host (a.example, b.example)')
  })
})

describe('explainFailure, of what was thrown', () => {
  const coded = (code: string, message = 'm') => Object.assign(new Error(message), { code })
  test.each([
    [new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }), 'refused'],
    [new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')]), 'unreachable'],
    [new Error('a', { cause: new AggregateError([coded('EAI_AGAIN')]) }), 'name-unresolved'],
    [coded('UND_ERR_SOCKET', 'other side closed'), 'closed'],
    [Object.assign(coded('UND_ERR_SOCKET'), { cause: coded('ECONNRESET') }), 'reset'],
    [coded('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'), 'tls'],
    [coded('UND_ERR_ABORTED', 'Proxy response (407) !== 200 when HTTP Tunneling'), 'proxy'],
    [coded('EWHATEVER', 'odd'), 'unknown'],
    ['a string', 'unknown'],
    [undefined, 'unknown'],
  ])('%p is %s', (thrown, kind) => {
    expect(explainFailure(thrown).kind).toBe(kind)
  })
})
