import { describe, expect, it } from '@jest/globals'
import type { Matcher } from '../../src/expect/matcher.ts'
import { checkOf, mistakesIn } from './loading.ts'

async function matcherOf(expected: string, kind = 'http: https://x.example.org'): Promise<Matcher | undefined> {
  const { expectations } = await checkOf(`- ${kind}\n  expect: ${expected}`, { env: { BUILD: 'a-b+1' } })
  const own = expectations.findLast(expectation => expectation.kind === 'value')
  return own?.kind === 'value' ? own.matcher : undefined
}

describe('expect', () => {
  it('reads a path that looks like an expression where it is said to be a text', async () => {
    expect(await matcherOf('{ stdout: { eq: /opt/shop } }', 'command: [pwd]')).toEqual({ op: 'eq', value: '/opt/shop' })
  })

  it('reads every key of a web request', async () => {
    const { expectations } = await checkOf(`
- http: https://x.example.org
  expect:
    status: [200, 204, 3xx, 400-404]
    headers: { Content-Type: /json/, x-count: 5 }
    url: https://x.example.org/
    body: [Welcome, /cart/]
    json: { $.a: 1, "$.b[*]": { every: up } }
    html: { h1: Welcome, "a.home@href": { ends-with: / } }
    json-schema: { type: object, patternProperties: { "^\${A}": {} } }
    max-time: 800ms
    max-size: 2MB
    certificate: { days-left: 21, issuer: "Let's Encrypt", san: [a.example.org, /b/] }
    tls-version: { gte: 1.2 }
`)
    expect(expectations).toEqual([
      {
        kind: 'status',
        ranges: [
          { from: 200, to: 200 },
          { from: 204, to: 204 },
          { from: 300, to: 399 },
          { from: 400, to: 404 },
        ],
      },
      {
        kind: 'value',
        source: { part: 'header', name: 'content-type' },
        matcher: { op: 'matches', pattern: { source: 'json', flags: '' } },
      },
      { kind: 'value', source: { part: 'header', name: 'x-count' }, matcher: { op: 'eq', value: '5' } },
      { kind: 'value', source: { part: 'url' }, matcher: { op: 'eq', value: 'https://x.example.org/' } },
      {
        kind: 'value',
        source: { part: 'body' },
        matcher: {
          op: 'and',
          matchers: [
            { op: 'contains', value: 'Welcome' },
            { op: 'matches', pattern: { source: 'cart', flags: '' } },
          ],
        },
      },
      { kind: 'value', source: { part: 'json', path: '$.a' }, matcher: { op: 'eq', value: 1 } },
      {
        kind: 'value',
        source: { part: 'json', path: '$.b[*]' },
        matcher: { op: 'every', matcher: { op: 'eq', value: 'up' } },
      },
      { kind: 'value', source: { part: 'html', path: 'h1' }, matcher: { op: 'eq', value: 'Welcome' } },
      { kind: 'value', source: { part: 'html', path: 'a.home@href' }, matcher: { op: 'ends-with', text: '/' } },
      { kind: 'json-schema', schema: { type: 'object', patternProperties: { '^${A}': {} } } },
      { kind: 'max-time', ms: 800 },
      { kind: 'max-size', bytes: 2_000_000 },
      { kind: 'certificate', part: 'days-left', matcher: { op: 'gte', value: 21 } },
      { kind: 'certificate', part: 'issuer', matcher: { op: 'contains', value: "Let's Encrypt" } },
      {
        kind: 'certificate',
        part: 'names',
        matcher: {
          op: 'and',
          matchers: [
            { op: 'contains', value: 'a.example.org' },
            { op: 'any', matcher: { op: 'matches', pattern: { source: 'b', flags: '' } } },
          ],
        },
      },
      { kind: 'tls-version', matcher: { op: 'gte', value: 1.2 } },
    ])
  })

  it('reads those of the other kinds', async () => {
    expect(await matcherOf('{ banner: /^220/ }', 'tcp: x:25')).toMatchObject({ op: 'matches' })
    expect(await matcherOf('{ records: [192.0.2.1, 192.0.2.2] }', 'dns: x')).toMatchObject({ op: 'and' })
    expect(await matcherOf('{ exit-code: [0, 3] }', 'command: [x]')).toEqual({ op: 'in', values: [0, 3] })
    expect(await matcherOf('{ stdout: "0" }', 'command: [x]')).toEqual({ op: 'eq', value: '0' })
    expect(await matcherOf('{ stderr: { not-contains: warning } }', 'command: [x]')).toEqual({
      op: 'not-contains',
      value: 'warning',
    })
  })

  it.each<[string, Matcher]>([
    ['up', { op: 'eq', value: 'up' }],
    ['1.0', { op: 'eq', value: 1 }],
    ['"1"', { op: 'eq', value: '1' }],
    ['9007199254740993', { op: 'eq', value: 9007199254740993n }],
    ['null', { op: 'eq', value: null }],
    ['[a, 1]', { op: 'eq', value: ['a', 1] }],
    ['"${GITHUB_SHA:-x}"', { op: 'eq', value: 'abcdef0123456789abcdef0123456789abcdef01' }],
    ['"/^v${APP_HOST}$/i"', { op: 'matches', pattern: { source: '^vshop\\.example\\.org$', flags: 'i' } }],
    ['"/^${BUILD}$/u"', { op: 'matches', pattern: { source: '^a\\x2db\\+1$', flags: 'u' } }],
    ['{ eq: { a: 1 } }', { op: 'eq', value: { a: 1 } }],
    ['{ ne: down }', { op: 'ne', value: 'down' }],
    ['{ gt: 1 }', { op: 'gt', value: 1 }],
    ['{ lte: "2026-01-01" }', { op: 'lte', value: '2026-01-01' }],
    ['{ in: [a, b] }', { op: 'in', values: ['a', 'b'] }],
    ['{ not_in: [a] }', { op: 'not-in', values: ['a'] }],
    ['{ contains: { name: api } }', { op: 'contains', value: { name: 'api' } }],
    ['{ notContains: x }', { op: 'not-contains', value: 'x' }],
    ['{ matches: "^a/b$" }', { op: 'matches', pattern: { source: '^a/b$', flags: '' } }],
    ['{ starts-with: a }', { op: 'starts-with', text: 'a' }],
    ['{ ends-with: a }', { op: 'ends-with', text: 'a' }],
    ['{ version: "${GITHUB_SHA}" }', { op: 'version', version: 'abcdef0123456789abcdef0123456789abcdef01' }],
    ['{ exists: true }', { op: 'exists' }],
    ['{ exists: false }', { op: 'absent' }],
    ['{ absent: true }', { op: 'absent' }],
    ['{ type: integer }', { op: 'type', type: 'integer' }],
    ['{ length: 3 }', { op: 'length', matcher: { op: 'eq', value: 3 } }],
    ['{ length: { gte: 3 } }', { op: 'length', matcher: { op: 'gte', value: 3 } }],
    ['{ every: up }', { op: 'every', matcher: { op: 'eq', value: 'up' } }],
    ['{ not: up }', { op: 'not', matcher: { op: 'eq', value: 'up' } }],
    [
      '{ or: [up, { gt: 1 }] }',
      {
        op: 'or',
        matchers: [
          { op: 'eq', value: 'up' },
          { op: 'gt', value: 1 },
        ],
      },
    ],
    [
      '{ gte: 1, lt: 5 }',
      {
        op: 'and',
        matchers: [
          { op: 'gte', value: 1 },
          { op: 'lt', value: 5 },
        ],
      },
    ],
  ])('reads %s in JSON', async (written, expected) => {
    expect(await matcherOf(`{ json: { $.x: ${written} } }`)).toEqual(expected)
  })

  it.each<[string, string, string]>([
    ['http: https://x', 'status: 600', '2:21 write a status as 200, a class as 2xx'],
    ['http: https://x', 'status: []', '2:21 write a status as 200'],
    ['http: https://x', 'status: 404-400', '2:21 write a status as 200'],
    ['http: https://x', 'code: 200', '2:13 there is no `code` here; write `status`'],
    ['http: https://x', 'statuss: 200', '2:13 the key `statuss` is not known; did you mean `status`?'],
    ['http: https://x', 'body:', '2:13 write what it should be'],
    ['http: https://x', 'body: []', '2:19 this list is empty'],
    ['http: https://x', 'body: { contains: "" }', '2:31 every text has an empty one in it'],
    ['http: https://x', 'body: { not-contains: "${EMPTY:-}" }', '2:35 every text has an empty one in it'],
    ['http: https://x', 'body: [a, ""]', '2:23 every text has an empty one in it'],
    ['http: https://x', 'json-schema: list.json', '2:26 this file holds no JSON Schema'],
    ['http: https://x', 'body: /(/', '2:19 this is no regular expression of JavaScript'],
    ['command: [pwd]', 'stdout: /opt/shop', 'for the text itself, such as a path, write { eq: … }'],
    ['http: https://x', 'body: { regex: x }', '2:21 the matcher `regex` is not known; did you mean `matches`?'],
    ['http: https://x', 'body: {}', '2:19 write a matcher: eq, ne'],
    ['http: https://x', 'json: { status: up }', '2:21 write a JSONPath, as $.status'],
    ['http: https://x', 'json: { "$.[": up }', '2:21 this is no JSONPath'],
    ['http: https://x', `json: { "$[?search(@.a, '(a+)+')]": up }`, 'is no JSONPath'],
    ['http: https://x', 'html: { "a[": up }', '2:21 this is no CSS selector'],
    ['http: https://x', 'html: { "a:foo": up }', 'for an attribute): Unknown pseudo-class :foo'],
    ['http: https://x', 'html: { "@content": up }', '2:21 this is no CSS selector (as `h1`, or'],
    ['http: https://x', 'html: { "ul >": up }', 'it ends too early'],
    ['http: https://x', 'html: { h1: }', '2:21 write what it should be'],
    ['http: https://x', 'xpath: { /a: 1 }', '2:13 there is no `xpath` here; XML is looked at as a text'],
    ['tcp: x:1', 'html: { h1: x }', '2:13 `html` is not for a check of the kind tcp'],
    ['http: https://x', 'json: { $.a: { typ: text } }', '2:28 the matcher `typ` is not known; did you mean `type`?'],
    ['http: https://x', 'json: { $.a: { type: text } }', '2:34 write one of string, number'],
    ['http: https://x', 'json: { $.a: { in: a } }', '2:32 write a list of values'],
    ['http: https://x', 'json: { $.a: { gt: [1] } }', '2:32 write a number'],
    ['http: https://x', 'json: { $.a: { or: a } }', '2:32 write a list of matchers'],
    ['http: https://x', 'json-schema: nowhere.json', '2:26 there is no such file in the workspace'],
    ['http: https://x', 'json-schema: broken.json', '2:26 this file holds no JSON Schema'],
    ['http: https://x', 'max-time: 800', '2:23 this is "800", a number without a unit; write 800s'],
    ['http: https://x', 'max-size: 800', '2:23 this is "800", a number without a unit; write 800B'],
    ['http: https://x', 'max-size: 2GB', '2:23 this is more than 100MB'],
    [
      'http: https://x',
      'certificate: { days: 3 }',
      '2:28 this key is not known; the known ones are days-left, issuer, san',
    ],
    ['http: https://x', 'certificate: { days-left: many }', '2:39 write a number'],
    ['http: https://x', 'banner: x', '2:13 `banner` is not for a check of the kind http'],
    ['tcp: x:1', 'status: 200', '2:13 `status` is not for a check of the kind tcp'],
    [
      'http: https://x',
      'timeout: 5s',
      '2:13 there is no `timeout` here; write `max-time`, or `timeout` beside `expect`',
    ],
  ])('finds what is wrong: %s, %s', async (kind, written, expected) => {
    const found = await mistakesIn(`- ${kind}\n  expect: { ${written} }`, {
      files: { 'broken.json': '{', 'list.json': '[]' },
    })
    expect(found.join('\n')).toContain(expected)
  })

  it('reads the file of a schema', async () => {
    const files = { 'schemas/health.json': '{"type":"object"}' }
    const { expectations } = await checkOf('- http: https://x\n  expect: { json_schema: schemas/health.json }', {
      files,
    })
    expect(expectations).toContainEqual({ kind: 'json-schema', schema: { type: 'object' } })
  })
})
