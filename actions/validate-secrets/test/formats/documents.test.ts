import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { complaint, NOW } from '../judging.ts'

describe('json', () => {
  it.each([
    '{}',
    '[]',
    '{"a":1}',
    '{"a":{"b":[1,2,{"c":null}]}}',
    '"text"',
    '42',
    'true',
    '{"key":"with \\"quotes\\" and : { [ inside"}',
    '{\n  "pretty": true\n}\n',
    '[{"a":1},{"a":2}]',
    '{"a":{"x":1},"b":{"x":2}}',
    '{"private_key":"-----BEGIN\\nx\\n-----END"}',
  ])('takes %j', async value => {
    expect(await complaint('json', value)).toBe('')
  })

  it.each([
    ['{a: 1}', 'lost their quotes'],
    ["{'a': 1}", "it has ' where"],
    ['{"a": 1,}', 'a comma stands before'],
    ['{"a": 1', 'was cut'],
    ['{"a": "x\ny"}', 'broken into lines'],
    ['{\\"a\\": 1}', 'is JSON inside a string'],
    [Buffer.from('{"a":1}').toString('base64'), 'is base64 of JSON'],
    ['{"a":1}{"b":2}', 'is not JSON'],
    ['undefined-thing', 'is not JSON'],
    ['{"a":1,"a":2}', 'a key that stands twice'],
    ['{"a":{"b":1,"b":1}}', 'a key that stands twice'],
    ['NaN', 'is not JSON'],
    ['key: value', 'is not JSON'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('json', value)).toContain(expected)
  })

  it('wants its keys, also within, and not empty', async () => {
    const options = { 'required-keys': ['client_email', 'key.id'] }
    expect(await complaint('json', '{"client_email":"a","key":{"id":0}}', options)).toBe('')
    expect(await complaint('json', '{"client_email":"","key":{}}', options)).toBe(
      'format: lacks `client_email`, `key.id`',
    )
    expect(await complaint('json', '[]', options)).toContain('lacks `client_email`')
    expect(await complaint('json', '7', options)).toContain('is JSON, but no object')
  })
})

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
function token(claims: object, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const body = `${part(header)}.${part(claims)}`
  return `${body}.${createHmac('sha256', 'k').update(body).digest('base64url')}`
}
const at = (days: number) => Math.floor(NOW / 1_000) + days * 86_400

describe('jwt', () => {
  it.each([
    token({}),
    token({ sub: '1' }),
    token({ exp: at(1) }),
    token({ exp: at(400), nbf: at(-1) }),
    token({ iss: 'https://issuer.example' }),
    token({ exp: at(0.1) }),
    token({ sub: 'ü' }),
    token({}, { alg: 'RS256' }),
    token({}, { alg: 'EdDSA', kid: 'x' }),
    token({ a: 'x'.repeat(500) }),
  ])('takes token %#', async value => {
    expect(await complaint('jwt', value, {}, {}, NOW)).toBe('')
  })

  it.each([
    [`Bearer ${token({})}`, 'starts with Bearer'],
    ['a.b', 'must have three parts'],
    ['a.b.c.d.e', 'encrypted token (JWE)'],
    ['a.b.c', 'a part is not JSON'],
    [token({}).replace('.', '=.'), 'has padding'],
    [token({}).replace('.', '+.'), 'not base64url'],
    [`${part({ typ: 'JWT' })}.${part({})}.x`, 'names no algorithm'],
    [`${part({ alg: 'none' })}.${part({})}.`, 'weak: has no signature'],
    [`${part({ alg: 'HS256' })}.${part({})}.`, 'weak: has no signature'],
    [token({ exp: at(-1) }), 'expired: has expired'],
    [token({ nbf: at(2) }), 'expired: is not valid yet'],
    [token({ exp: 'soon' }), 'not a number'],
    [token({}).slice(0, 20), 'must have three parts'],
    [`${part([])}.${part({})}.x`, 'a part is not JSON'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('jwt', value, {}, {}, NOW)).toContain(expected)
  })

  it('looks at issuer, algorithm and the days that are left', async () => {
    const value = token({ iss: 'me', exp: at(10) })
    expect(await complaint('jwt', value, { issuer: 'me', algorithms: ['HS256'], 'min-days-left': 9 }, {}, NOW)).toBe('')
    expect(await complaint('jwt', value, { issuer: 'you' }, {}, NOW)).toContain('mismatch: has another issuer')
    expect(await complaint('jwt', value, { algorithms: ['RS256'] }, {}, NOW)).toContain(
      'forbidden: is not signed with RS256',
    )
    expect(await complaint('jwt', value, { 'min-days-left': 11 }, {}, NOW)).toContain('expires in less than 11 days')
  })
})

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('docker-image', () => {
  it.each([
    'nginx',
    'nginx:1.27',
    'acme/shop',
    'docker.io/acme/shop:latest',
    'ghcr.io/acme/shop/web:sha-0123abc',
    'registry.example.com:5000/team/app:v1.2.3',
    `ghcr.io/acme/shop@${DIGEST}`,
    `ghcr.io/acme/shop:1.0@${DIGEST}`,
    'localhost/app',
    'localhost:5000/app:dev',
    'a--b/c__d.e:T_a.g-1',
    '[2001:db8::1]:5000/app:1',
  ])('takes %s', async value => {
    expect(await complaint('docker-image', value)).toBe('')
  })

  it.each([
    ['Acme/Shop', 'capital letters'],
    ['ghcr.io/Acme/shop:1', 'capital letters'],
    ['https://ghcr.io/acme/shop', 'starts with a scheme'],
    ['acme/shop:feature/cart', 'empty part|/ in its tag|no registry takes'],
    ['acme/shop:1.0+build', 'a + in its tag'],
    ['acme/shop:', 'a tag that no registry takes'],
    [`acme/shop:${'x'.repeat(129)}`, 'a tag that no registry takes'],
    ['acme//shop', 'an empty part'],
    ['acme/shop/', 'an empty part'],
    ['-acme/shop', 'a name that no registry takes'],
    ['acme/sh op', 'white space in it'],
    ['acme/shop@sha256:abc', 'a digest that cannot be'],
    [`acme/shop@sha256:${'a'.repeat(63)}`, 'a digest of the wrong length'],
    ['acme/shop:${TAG}', 'placeholder: has a variable'],
    ['acme/_shop', 'a name that no registry takes'],
    ['deadbeef'.repeat(8), 'is an ID of 64 digits'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('docker-image', value)).toMatch(new RegExp(expected.replaceAll('+', '\\+')))
  })

  it.each([
    [{ registry: ['ghcr.io'] }, 'ghcr.io/a/b', 'quay.io/a/b', 'is not in the registry ghcr.io'],
    [{ registry: ['docker.io'] }, 'index.docker.io/a/b', 'ghcr.io/a/b', 'is not in the registry docker.io'],
    [{ 'require-tag': true }, 'a/b:1', 'a/b', 'has no tag'],
    [{ 'require-digest': true }, `a/b@${DIGEST}`, 'a/b:1', 'has no digest'],
    [{ 'forbid-latest': true }, 'a/b:1', 'a/b:latest', 'is :latest'],
    [{ 'forbid-latest': true }, `a/b@${DIGEST}`, 'a/b', 'is :latest'],
  ])('%j takes %s and refuses %s', async (options, good, bad, expected) => {
    expect(await complaint('docker-image', good, options)).toBe('')
    expect(await complaint('docker-image', bad, options)).toContain(expected)
  })
})
