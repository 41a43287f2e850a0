import { HttpFailure } from '@deploy-actions/core/http/failure'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { proxyFor } from '@deploy-actions/core/http/proxy'
import { nextHop } from '@deploy-actions/core/http/redirect'
import { HttpResponse } from '@deploy-actions/core/http/response'
import { parseRetryAfter } from '@deploy-actions/core/http/retry-after'
import { retryPause } from '@deploy-actions/core/http/retry-rule'
import { describe, expect, it, test } from '@jest/globals'

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 0, 1)
  test.each([
    ['2', 2_000],
    ['0.64', 640],
    [' 1 ', 1_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['5 minutes', undefined],
    ['-1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })
})

describe('proxyFor', () => {
  const url = new URL('https://api.example.org/')
  const proxied = { HTTPS_PROXY: 'http://proxy.local:3128' }
  test.each([
    ['the variable', proxied, 'proxy.local:3128'],
    ['small letters first', { ...proxied, https_proxy: 'http://small.local:1' }, 'small.local:1'],
    ['no scheme', { HTTPS_PROXY: 'proxy.local:3128' }, 'proxy.local:3128'],
    ['the other scheme only', { HTTP_PROXY: 'http://proxy.local:3128' }, undefined],
    ['an empty variable', { HTTPS_PROXY: '' }, undefined],
    ['nothing', {}, undefined],
    ['NO_PROXY *', { ...proxied, NO_PROXY: 'x.org, *' }, undefined],
    ['NO_PROXY with the domain', { ...proxied, NO_PROXY: 'example.org' }, undefined],
    ['NO_PROXY with a leading dot', { ...proxied, no_proxy: '.example.org' }, undefined],
    ['NO_PROXY with this port', { ...proxied, NO_PROXY: 'example.org:443' }, undefined],
    ['NO_PROXY with another port', { ...proxied, NO_PROXY: 'example.org:8443' }, 'proxy.local:3128'],
    ['NO_PROXY with a name that only ends alike', { ...proxied, NO_PROXY: 'ample.org' }, 'proxy.local:3128'],
  ])('%s', (_name, env, expected) => {
    expect(proxyFor(url, env)?.host).toBe(expected)
  })

  test.each([
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://[fd00::1]/', 'fd00::/8', true],
    ['http://[::1]:8080/', '[::1]:8080', true],
    ['http://[::1]:8080/', '::1', true],
    ['http://10.1.2.3/', '10.0.0.0/99', false],
  ])('%s with NO_PROXY=%s is direct: %p', (address, noProxy, direct) => {
    const proxy = proxyFor(new URL(address), { HTTP_PROXY: 'http://proxy.local:3128', NO_PROXY: noProxy })
    expect(proxy === undefined).toBe(direct)
  })

  it('refuses what is no HTTP proxy without showing it', () => {
    expect(() => proxyFor(url, { HTTPS_PROXY: 'socks5://me:hunter2@proxy' })).toThrow(/HTTPS_PROXY is not the address/)
    expect(() => proxyFor(url, { HTTPS_PROXY: 'socks5://me:hunter2@proxy' })).not.toThrow(/hunter2/)
  })
})

describe('nextHop', () => {
  const post = {
    method: 'POST',
    url: new URL('https://a.example/x?y=1'),
    headers: { Authorization: 'Bearer t', Accept: '*/*', 'Content-Type': 'text/plain', 'X-Api-Key': 'k' },
    body: 'b',
  }
  const get = { ...post, method: 'GET', body: undefined }

  test.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('after %d a POST becomes a %s', (status, method) => {
    const hop = nextHop(post, status, '/new')
    expect(hop?.method).toBe(method)
    expect(hop?.url.href).toBe('https://a.example/new')
    expect(hop?.body).toBe(method === 'GET' ? undefined : 'b')
    expect(hop?.headers['Authorization']).toBe('Bearer t')
    expect('Content-Type' in (hop?.headers ?? {})).toBe(method === 'POST')
  })

  test.each(['https://b.example/', 'http://a.example/', 'https://a.example:8443/'])(
    'gives %s no credential',
    location => {
      expect(nextHop(get, 302, location)?.headers).toEqual({ Accept: '*/*' })
    },
  )

  it('sends no body elsewhere', () => {
    expect(() => nextHop(post, 307, 'https://b.example/')).toThrow('must not get')
  })

  it('ignores what is no redirect', () => {
    expect(nextHop(get, 304, '/x')).toBeUndefined()
    expect(nextHop(get, 302, undefined)).toBeUndefined()
    expect(() => nextHop(get, 302, 'ftp://a.example/')).toThrow('not a web address')
  })
})

describe('retryPause', () => {
  const rule = { attempts: 3, firstDelay: 100, longestDelay: 150 }
  const answer = (status: number, headers: Record<string, string> = {}) =>
    new HttpResponse({
      status,
      headers: new Map(Object.entries(headers)),
      body: new Uint8Array(),
      url: new URL('http://x/'),
      tries: 1,
      isCut: false,
      timings: { connected: 0, firstByte: 0, total: 0 },
      proxy: undefined,
    })
  const failure = (kind: 'reset' | 'refused' | 'certificate-expired', sent: boolean) =>
    new HttpFailure({ kind, asked: 'POST http://x/', reason: '', sent, tries: 1 })
  const pause = (outcome: HttpResponse | HttpFailure, method = 'GET', tries = 1, more = {}) =>
    retryPause(outcome, method, tries, { ...rule, ...more }, 0, () => 0.5)

  it('grows to its longest and ends with the attempts', () => {
    expect([1, 2, 3].map(tries => pause(answer(503), 'GET', tries))).toEqual([100, 150, undefined])
  })
  it('keeps to what the server asks for', () => {
    expect(pause(answer(429, { 'retry-after': '7' }))).toBe(7_000)
    expect(pause(answer(429, { 'retry-after': '7' }), 'GET', 1, { asksFor: () => 900 })).toBe(900)
  })
  it.each(['0', '0.001', 'Thu, 01 Jan 1970 00:00:00 GMT'])('pauses where the server asks for none: %s', value => {
    const asked = answer(429, { 'retry-after': value })
    expect([1, 2].map(tries => pause(asked, 'GET', tries))).toEqual([100, 150])
    expect(pause(asked, 'GET', 1, { firstDelay: 5_000, longestDelay: 5_000 })).toBe(250)
    expect(pause(answer(429), 'GET', 1, { asksFor: () => 0 })).toBe(100)
  })
  test.each([200, 301, 400, 401, 404, 501])('leaves a %d', status => {
    expect(pause(answer(status))).toBeUndefined()
  })
  it('repeats a POST only when the server cannot have got it', () => {
    expect(pause(failure('reset', true), 'POST')).toBeUndefined()
    expect(pause(failure('refused', false), 'POST')).toBe(100)
    expect(pause(failure('reset', true), 'PUT')).toBe(100)
    expect(pause(failure('reset', true), 'PATCH', 1, { repeatable: true })).toBe(100)
  })
  it('takes a bad certificate as an answer', () => {
    expect(pause(failure('certificate-expired', false))).toBeUndefined()
  })
})

describe('printableUrl', () => {
  it('keeps where, and hides values', () => {
    const url = new URL('https://me:pw@a.example:8443/p/q?token=abc&token=d&x=%20#frag')
    expect(printableUrl(url)).toBe('https://a.example:8443/p/q?token=…&x=…')
  })
})
