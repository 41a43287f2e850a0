import { createHttpClient } from '@deploy-actions/core/http/client'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { proxyTo } from '@deploy-actions/testkit/forward-proxy'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

function client(env: Record<string, string>) {
  return createHttpClient({ env, clock: new ManualClock(), userAgent: 'deploy-actions-test' })
}

describe('a proxy', () => {
  it('is asked by CONNECT for https, with its credentials, and sees nothing of the request', async () => {
    const authority = await CertificateAuthority.create()
    await using server = await serve(
      (request, response) =>
        response.end(`${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`),
      await authority.issue({ names: ['hooks.example'] }),
    )
    await using proxy = await proxyTo(server.port)
    const response = await client({ HTTPS_PROXY: `http://me:pw@127.0.0.1:${proxy.port}` }).send({
      url: 'https://hooks.example/secret-path',
      timeout: 60_000,
      connection: { tls: { ca: authority.cert } },
    })
    expect(response.text()).toBe('/secret-path hooks.example undefined')
    expect(proxy.asked).toEqual(['CONNECT hooks.example:443'])
    expect(proxy.credentials).toEqual([`Basic ${btoa('me:pw')}`])
  })

  it('gets the whole address for http', async () => {
    await using proxy = await proxyTo(0)
    const response = await client({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }).send({
      url: 'http://shop.example/x',
      timeout: 60_000,
    })
    expect(response.text()).toBe('by proxy')
    expect(proxy.asked).toEqual(['GET http://shop.example/x'])
  })

  it('is left aside where NO_PROXY says so', async () => {
    await using server = await serve((_request, response) => response.end('direct'))
    const response = await client({ HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }).send({
      url: server.url,
      timeout: 60_000,
    })
    expect(response.text()).toBe('direct')
  })

  it.each([
    [407, 'the proxy wants a user name and a password (407)'],
    [403, 'the proxy does not allow this address (403)'],
    [502, 'the proxy could not reach it (502)'],
  ])('that answers %d is told from the server', async (status, reason) => {
    await using proxy = await proxyTo(0, status)
    const sending = client({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }).send({
      url: 'https://hooks.example/',
      timeout: 60_000,
    })
    await expect(sending).rejects.toMatchObject({ kind: 'proxy', reason, sent: false })
  })

  it('that is down is named, without its password', async () => {
    const sending = client({ HTTPS_PROXY: 'http://me:hunter2@127.0.0.1:9' }).send({
      url: 'https://x.example/',
      timeout: 60_000,
    })
    await expect(sending).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('by way of the proxy 127.0.0.1:9'),
    })
    await expect(sending).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') })
  })
})

describe('another way to the server', () => {
  it('keeps Host and SNI, checks the certificate against the name, and asks no proxy', async () => {
    const authority = await CertificateAuthority.create()
    await using server = await serve(
      (request, response) => {
        const { servername } = request.socket as { servername?: string }
        response.end(`${request.headers.host} ${servername}`)
      },
      await authority.issue({ names: ['shop.example'] }),
    )
    let peer = ''
    const response = await client({ HTTPS_PROXY: 'http://127.0.0.1:9' }).send({
      url: 'https://shop.example:8443/health',
      timeout: 60_000,
      connection: {
        to: { host: '127.0.0.1', port: server.port },
        tls: { ca: authority.cert },
        onConnected: socket => {
          if ('getPeerX509Certificate' in socket) peer = socket.getPeerX509Certificate()?.subjectAltName ?? ''
        },
      },
    })
    expect(response.text()).toBe('shop.example:8443 shop.example')
    expect(peer).toBe('DNS:shop.example')
  })

  it('keeps Host for plain http', async () => {
    await using server = await serve((request, response) => response.end(request.headers.host))
    const response = await client({}).send({
      url: 'http://shop.example/',
      timeout: 60_000,
      connection: { to: { host: '127.0.0.1', port: server.port } },
    })
    expect(response.text()).toBe('shop.example')
  })

  it('is not left by a redirect', async () => {
    await using server = await serve((_request, response) =>
      response.writeHead(302, { location: 'https://else.example/' }).end(),
    )
    const sending = client({}).send({
      url: 'http://shop.example/',
      timeout: 60_000,
      redirects: 3,
      connection: { to: { host: '127.0.0.1', port: server.port } },
    })
    await expect(sending).rejects.toMatchObject({ kind: 'redirect' })
  })
})
