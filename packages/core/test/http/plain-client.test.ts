import { createServer } from 'node:http'
import type { HttpRequest } from '@deploy-actions/core/http/client'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { proxyTo } from '@deploy-actions/testkit/forward-proxy'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

function send(request: HttpRequest, env: Record<string, string> = {}) {
  return createPlainHttpClient({ env, clock: new ManualClock(), userAgent: 'deploy-actions-test' }).send(request)
}

describe('createPlainHttpClient', () => {
  it('sends method, headers and body, and reads the answer', async () => {
    await using server = await serve((request, response) => {
      request.setEncoding('utf8').on('data', body => {
        response.writeHead(201, { 'x-agent': request.headers['user-agent'] ?? '' })
        response.end(`${request.method} ${request.url} ${body}`)
      })
    })
    const answer = await send({ method: 'POST', url: `${server.url}/a?b=c`, body: 'text', timeout: 60_000 })
    expect([answer.status, answer.text(), answer.headers.get('x-agent')]).toEqual([
      201,
      'POST /a?b=c text',
      'deploy-actions-test',
    ])
  })

  it('tries again after 503', async () => {
    let asked = 0
    await using server = await serve((_, response) => {
      asked += 1
      response.writeHead(asked === 1 ? 503 : 200).end()
    })
    const retry = { attempts: 2, firstDelay: 1_000, longestDelay: 1_000 }
    expect((await send({ url: server.url, timeout: 60_000, retry })).tries).toBe(2)
  })

  it('says in plain words that nothing listens', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise(resolve => server.close(resolve))
    await expect(send({ url: `http://127.0.0.1:${port}`, timeout: 60_000 })).rejects.toThrow(
      'the connection was refused',
    )
  })

  it('ends when the answer does not come in time', async () => {
    await using server = await serve(() => {})
    await expect(send({ url: server.url, timeout: 3_000 })).rejects.toMatchObject({
      kind: 'timeout-headers',
      sent: true,
    })
  })

  it('ends when the answer is too large', async () => {
    await using server = await serve((_, response) => response.end('x'.repeat(100)))
    await expect(send({ url: server.url, timeout: 60_000, maxBytes: 10 })).rejects.toMatchObject({ kind: 'too-large' })
  })

  it('ends with the reason of its signal', async () => {
    await using server = await serve(() => {})
    const reason = new Error('cancelled')
    const signal = AbortSignal.timeout(20)
    const stop = new AbortController()
    signal.addEventListener('abort', () => stop.abort(reason))
    await expect(send({ url: server.url, timeout: 60_000, signal: stop.signal })).rejects.toBe(reason)
  })

  it('asks a proxy for a plain address, with its password', async () => {
    await using proxy = await proxyTo(0)
    const env = { HTTP_PROXY: `http://mira:p%40ss@127.0.0.1:${proxy.port}` }
    const answer = await send({ url: 'http://api.example/x', timeout: 60_000 }, env)
    expect([answer.text(), proxy.asked]).toEqual(['by proxy', ['GET http://api.example/x']])
    expect(proxy.credentials).toEqual([`Basic ${btoa('mira:p@ss')}`])
  })

  it('tunnels TLS through a proxy, and checks the certificate', async () => {
    const authority = await CertificateAuthority.create()
    const certificate = await authority.issue({ names: ['api.example'] })
    await using server = await serve((_, response) => response.end('secret'), certificate)
    await using proxy = await proxyTo(server.port)
    const env = { HTTPS_PROXY: `http://mira:p%40ss@127.0.0.1:${proxy.port}` }
    const request = send({ url: 'https://api.example/x', timeout: 60_000 }, env)
    await expect(request).rejects.toMatchObject({ kind: 'certificate-chain' })
    expect(proxy.asked).toEqual(['CONNECT api.example:443'])
    expect(proxy.credentials).toEqual([`Basic ${btoa('mira:p@ss')}`])
  })

  it('names a proxy that is not there', async () => {
    const sent = send({ url: 'https://api.example/', timeout: 60_000 }, { HTTPS_PROXY: 'http://127.0.0.1:9' })
    await expect(sent).rejects.toThrow('by way of the proxy 127.0.0.1:9')
  })

  it.each([
    [407, 'the proxy wants a user name and a password (407)'],
    [403, 'the proxy does not allow this address (403)'],
  ])('tells a proxy that answers %d from the server', async (status, reason) => {
    await using proxy = await proxyTo(0, status)
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
    await expect(send({ url: 'https://api.example/', timeout: 60_000 }, env)).rejects.toMatchObject({ reason })
  })

  it('goes past the proxy for what NO_PROXY names', async () => {
    await using server = await serve((_, response) => response.end('straight'))
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }
    expect((await send({ url: server.url, timeout: 60_000 }, env)).text()).toBe('straight')
  })
})
