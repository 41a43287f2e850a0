import type { IncomingMessage, RequestListener } from 'node:http'
import { createHttpClient, type HttpClient } from '@deploy-actions/core/http/client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { checkRegistryLogin, isTrustedRealm, parseChallenge } from '../src/remote/registry-login.ts'
import type { Finding, Network, RemoteCheckFunction } from '../src/remote/remote-check.ts'
import { checkGithubToken, checkHttp, checkWebhook } from '../src/remote/tokens.ts'
import { NOW } from './judging.ts'

const LOGIN = `Basic ${Buffer.from('deployer:dckr-pat-1').toString('base64')}`
let authority: CertificateAuthority
beforeAll(async () => {
  authority = await CertificateAuthority.create()
})

interface Asked {
  readonly host: string
  readonly url: string
  readonly authorization: string | undefined
}

/** Runs a check against a loopback server that stands for every host, with a certificate for all of them. */
async function check(
  run: RemoteCheckFunction,
  operands: Readonly<Record<string, string>>,
  listener: RequestListener,
  names: readonly string[] = [
    'registry.example.com',
    'auth.example.com',
    'discord.com',
    'api.github.com',
    'evil.example',
  ],
): Promise<{ readonly finding: Finding; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = []
  const note = ({ headers, url }: IncomingMessage) =>
    asked.push({ host: headers.host ?? '', url: url ?? '', authorization: headers.authorization })
  await using server = await serve(
    (request, response) => {
      note(request)
      listener(request, response)
    },
    await authority.issue({ names: [...names, '127.0.0.1'] }),
  )
  const client = createHttpClient({ env: {}, clock: systemClock, userAgent: 'test' })
  const http: HttpClient = {
    send: request =>
      client.send({
        ...request,
        connection: { to: { host: '127.0.0.1', port: server.port }, tls: { ca: authority.cert } },
      }),
  }
  const network: Network = { http, timeout: 2_000, now: NOW, githubApi: 'https://api.github.com' }
  return { finding: await run(key => operands[key] ?? '', network), asked }
}

const claims = (actions: readonly string[]) =>
  ['{}', JSON.stringify({ access: [{ type: 'repository', name: 'acme/shop', actions }] }), 'x']
    .map(part => Buffer.from(part).toString('base64url'))
    .join('.')

/** A registry with a token service at `realm`. */
function bearer(realm: string, granted: readonly string[] = ['pull']): RequestListener {
  return ({ url, headers }, response) => {
    if (url?.startsWith('/token')) {
      response.writeHead(headers.authorization === LOGIN ? 200 : 401).end(JSON.stringify({ token: claims(granted) }))
    } else {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="registry"` }).end()
    }
  }
}

const basicRegistry: RequestListener = ({ headers }, response) => {
  if (headers.authorization === LOGIN) response.writeHead(200).end('{}')
  else response.writeHead(401, { 'www-authenticate': 'Basic realm="lab"' }).end()
}

const GOOD = { registry: 'registry.example.com', username: 'deployer', password: 'dckr-pat-1' }
const BAD = { ...GOOD, password: 'dckr-pat-2' }

describe('registry-login', () => {
  it('logs in with Basic, and asks twice in all', async () => {
    const { finding, asked } = await check(checkRegistryLogin, GOOD, basicRegistry)
    expect(finding).toEqual({ passed: true, text: 'the registry takes the login' })
    expect(asked.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['/v2/', undefined],
      ['/v2/', LOGIN],
    ])
  })

  it('has one try with a wrong password', async () => {
    const { finding, asked } = await check(checkRegistryLogin, BAD, basicRegistry)
    expect(finding).toMatchObject({ passed: false, code: 'refused', text: 'was refused by the registry (status 401)' })
    expect(asked.filter(({ authorization }) => authorization !== undefined)).toHaveLength(1)
  })

  it('gets a token from the registry’s own service, with service and scope', async () => {
    const operands = { ...GOOD, repository: 'acme/shop', access: 'pull' }
    const { finding, asked } = await check(checkRegistryLogin, operands, bearer('https://registry.example.com/token'))
    expect(finding).toEqual({ passed: true, text: 'the registry takes the login, for pull' })
    expect(asked[1]?.url).toBe('/token?service=registry&scope=repository%3Aacme%2Fshop%3Apull')
  })

  it('tells a right that the token lacks', async () => {
    const operands = { ...GOOD, repository: 'acme/shop', access: 'pull,push' }
    const { finding } = await check(checkRegistryLogin, operands, bearer('https://registry.example.com/token'))
    expect(finding).toMatchObject({ code: 'refused', text: 'may log in, but not push in the repository of the check' })
  })

  it.each([
    'https://evil.example/token',
    'http://registry.example.com/token',
    'https://registry.example.com.evil.example/token',
    'https://user:pw@registry.example.com/token',
    'ftp://registry.example.com/token',
    'not a url',
    '',
  ])('sends no password to the realm %j', async realm => {
    const { finding, asked } = await check(checkRegistryLogin, GOOD, bearer(realm))
    expect(finding).toMatchObject({ passed: false, code: 'forbidden' })
    expect(asked.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it('sends it to a host that the rule names', async () => {
    const operands = { ...GOOD, 'realm-host': 'auth.example.com' }
    const { finding, asked } = await check(checkRegistryLogin, operands, bearer('https://auth.example.com/token'))
    expect(finding.passed).toBe(true)
    expect(asked[1]?.host).toBe('auth.example.com')
  })

  it('follows no redirect with the password', async () => {
    const { finding, asked } = await check(checkRegistryLogin, GOOD, ({ headers }, response) => {
      if (headers.authorization) response.writeHead(307, { location: 'https://evil.example/' }).end()
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    })
    expect(finding).toMatchObject({
      passed: false,
      code: 'unreachable',
      text: "got an answer that is no login's (status 307)",
    })
    expect(asked.map(({ host }) => host)).not.toContain('evil.example')
  })

  it.each([
    [200, {}, { passed: true, text: 'the registry requires no login, so this one is not verified' }],
    [
      404,
      {},
      { passed: false, code: 'unreachable', text: 'got a response that is not one of a registry (status 404)' },
    ],
    [
      401,
      {},
      { passed: false, code: 'unreachable', text: 'got a response that is not one of a registry (status 401)' },
    ],
    [
      401,
      { 'www-authenticate': 'Negotiate' },
      { passed: false, text: 'got a challenge that is neither Basic nor Bearer' },
    ],
  ])('judges a first answer of %d %j', async (status, headers, expected) => {
    const { finding } = await check(checkRegistryLogin, GOOD, (_, response) => {
      response.writeHead(status, headers).end()
    })
    expect(finding).toMatchObject(expected)
  })

  it('ends at its time limit', async () => {
    const { finding } = await check(
      (operands, network) => checkRegistryLogin(operands, { ...network, timeout: 2_000 }),
      GOOD,
      () => {},
    )
    expect(finding).toMatchObject({ passed: false, text: 'got no response: no response within the time limit' })
  })

  it('names no host in a failure: it may be a secret', async () => {
    const { finding } = await check(checkRegistryLogin, { ...GOOD, registry: 'Secret-Host.example.com' }, basicRegistry)
    expect(finding).toMatchObject({ text: 'got no response: its certificate is for another host' })
    expect(JSON.stringify(finding).toLowerCase()).not.toContain('secret-host')
  })
})

describe('isTrustedRealm', () => {
  it.each([
    ['https://auth.docker.io/token', 'registry-1.docker.io', '', true],
    ['https://ghcr.io/token', 'ghcr.io', '', true],
    ['https://gitlab.com/jwt/auth', 'registry.gitlab.com', '', true],
    ['https://git.example.com/jwt/auth', 'registry.git.example.com', '', true],
    ['https://registry.example.com:8443/token', 'registry.example.com:5000', '', true],
    ['http://127.0.0.1:5001/token', '127.0.0.1:5000', '', true],
    ['https://example.com/token', 'registry.example.com', '', false],
    ['https://github.io/token', 'me.github.io', '', false],
    ['https://auth.docker.io.evil.example/', 'registry-1.docker.io', '', false],
    ['https://auth.docker.io/token', 'ghcr.io', '', false],
    ['http://10.0.0.1/token', '10.0.0.1', '', false],
    ['https://auth.example.com/token', 'registry.example.com', 'auth.example.com', true],
    ['http://auth.example.com/token', 'registry.example.com', 'auth.example.com', false],
  ])('%s for %s (named: %j) is %s', (realm, registry, named, expected) => {
    expect(isTrustedRealm(new URL(realm), registry, named)).toBe(expected)
  })
})

describe('parseChallenge', () => {
  it.each([
    [
      'Bearer realm="https://a/b",service="c, d",scope=""',
      'bearer',
      { realm: 'https://a/b', service: 'c, d', scope: '' },
    ],
    ['bearer REALM=https://a/b', 'bearer', { realm: 'https://a/b' }],
    ['Basic realm="x"', 'basic', { realm: 'x' }],
    ['Negotiate', 'negotiate', {}],
  ])('reads %s', (header, scheme, parameters) => {
    const challenge = parseChallenge(header)
    expect(challenge?.scheme).toBe(scheme)
    expect(Object.fromEntries(challenge?.parameters ?? [])).toEqual(parameters)
  })
})

describe('webhook', () => {
  const url = 'https://discord.com/api/webhooks/123/token-of-it'
  it.each([
    [200, { passed: true, text: 'the webhook is there' }],
    [401, { passed: false, code: 'refused' }],
    [404, { passed: false, code: 'refused' }],
    [500, { passed: false, code: 'unreachable' }],
  ])('reads it, and posts nothing (%d)', async (status, expected) => {
    let method = ''
    const { finding } = await check(checkWebhook, { url: `${url}?wait=true` }, (request, response) => {
      method = request.method ?? ''
      response.writeHead(status).end('{}')
    })
    expect(finding).toMatchObject(expected)
    expect(method).toBe('GET')
    expect(JSON.stringify(finding)).not.toContain('token-of-it')
  })

  it.each([
    'https://coolify.example.com/api/v1/deploy?uuid=1',
    'http://discord.com/api/webhooks/1/x',
    'https://discord.com/other',
    'x',
  ])('touches no other: %s', async other => {
    const { finding, asked } = await check(checkWebhook, { url: other }, (_, response) => response.end())
    expect(finding.passed).toBe(false)
    expect(asked).toEqual([])
  })
})

describe('github-token', () => {
  const day = (days: number) =>
    new Date(NOW + days * 86_400_000).toISOString().replace('T', ' ').replace('.000Z', ' UTC')
  it.each([
    [
      200,
      { 'x-oauth-scopes': 'repo, write:packages', 'github-authentication-token-expiration': day(90) },
      'GitHub takes the token (scopes: repo, write:packages), for another 90 days',
    ],
    [
      200,
      { 'github-authentication-token-expiration': day(3) },
      'GitHub takes the token, but only for another 3 days: make a new one soon',
    ],
    [200, {}, 'GitHub takes the token'],
    [401, {}, 'is a token that GitHub does not take'],
    [503, {}, 'got an unexpected answer (status 503)'],
  ])('%d %j', async (status, headers, text) => {
    const { finding, asked } = await check(checkGithubToken, { token: 'ghp_abc' }, (_, response) => {
      response.writeHead(status, headers).end('{}')
    })
    expect(finding).toMatchObject({ passed: status === 200, text })
    expect(asked).toMatchObject([{ url: '/rate_limit', authorization: 'Bearer ghp_abc' }])
  })
})

describe('http', () => {
  it('sends the token in the header that is asked for, and compares the status', async () => {
    let header: unknown
    const operands = {
      url: 'https://registry.example.com/me',
      token: 'tok',
      header: 'X-Api-Key',
      'expect-status': '204',
    }
    const { finding } = await check(checkHttp, operands, (request, response) => {
      header = request.headers['x-api-key']
      response.writeHead(204).end()
    })
    expect(finding).toEqual({ passed: true, text: 'the service takes the token (status 204)' })
    expect(header).toBe('tok')
  })

  it.each([
    [
      { url: 'https://registry.example.com/', token: 'a' },
      403,
      { code: 'refused', text: 'was answered with status 403 instead of 200' },
    ],
    [{ url: 'https://registry.example.com/', token: 'a' }, 500, { code: 'unreachable' }],
    [
      { url: 'http://registry.example.com/', token: 'a' },
      200,
      { code: 'forbidden', text: 'is not requested over plain HTTP' },
    ],
    [{ url: 'https://u:p@registry.example.com/', token: 'a' }, 200, { code: 'format' }],
    [
      { url: 'https://registry.example.com/', token: 'a\r\nb: c' },
      200,
      { code: 'format', text: 'cannot stand in a header' },
    ],
    [{ url: 'https://registry.example.com/', token: 'ä' }, 200, { code: 'format', text: 'cannot stand in a header' }],
  ])('%j and status %d', async (operands, status, expected) => {
    const { finding } = await check(checkHttp, operands, (_, response) => {
      response.writeHead(status).end()
    })
    expect(finding).toMatchObject({ passed: false, ...expected })
  })
})
