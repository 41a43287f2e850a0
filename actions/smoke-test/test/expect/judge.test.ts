import { Secret } from '@deploy-actions/core/values/secret'
import { describe, expect, it } from '@jest/globals'
import type { Source } from '../../src/check.ts'
import { captureFrom } from '../../src/expect/capture.ts'
import type { Expectation } from '../../src/expect/expectation.ts'
import { judge } from '../../src/expect/judge.ts'
import type { Matcher, PatternTester } from '../../src/expect/matcher.ts'
import { createPatternTester } from '../../src/expect/pattern.ts'
import type { Observation } from '../../src/observation.ts'
import { answer, greeting, output } from './observations.ts'

const isMatch = createPatternTester()
const reasons = (expectations: Expectation[], seen: Observation, durationMs = 10, secrets: Secret[] = []) =>
  judge({ expectations, secrets }, seen, durationMs, isMatch)

const value = (source: Source, matcher: Matcher): Expectation => ({ kind: 'value', source, matcher })
const at = (path: string, matcher: Matcher) => value({ part: 'json', path }, matcher)
const eq = (wanted: unknown): Matcher => ({ op: 'eq', value: wanted })
const ok: Expectation = { kind: 'status', ranges: [{ from: 200, to: 299 }] }

const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
const SERVICES = {
  services: [
    { name: 'api', status: 'up' },
    { name: 'worker', status: 'down' },
  ],
}

describe('judge', () => {
  const right: [string, Expectation, Observation][] = [
    ['a status', ok, answer('', { status: 204 })],
    ['a body, white space around it aside', value({ part: 'body' }, eq('pong')), answer('pong\n')],
    ['a header', value({ part: 'header', name: 'content-type' }, eq('application/json')), answer('')],
    ['the URL in the end', value({ part: 'url' }, { op: 'ends-with', text: '/health' }), answer('')],
    ['a path', at('$.a.b[0]', eq(1)), answer({ a: { b: [1] } })],
    ['null at a path', at('$.a', eq(null)), answer({ a: null })],
    ['no value at a path', at('$.b', { op: 'absent' }), answer({ a: 1 })],
    ['a whole number beyond 2^53', at('$.id', eq(9007199254740993n)), answer('{"id":9007199254740993}')],
    ['one value of several', at("$.services[?@.name=='api'].status", eq('up')), answer(SERVICES)],
    ['any of several', at('$.services[*].status', { op: 'any', matcher: eq('down') }), answer(SERVICES)],
    ['how many there are', at('$.services[*]', { op: 'length', matcher: eq(2) }), answer(SERVICES)],
    ['that there are some', at('$.services[*]', { op: 'exists' }), answer(SERVICES)],
    ['that there are none', at('$.errors[*]', { op: 'absent' }), answer(SERVICES)],
    ['a list of several', at('$.services[*].status', eq(['up', 'down'])), answer(SERVICES)],
    ['a time', { kind: 'max-time', ms: 10 }, answer('')],
    ['a size', { kind: 'max-size', bytes: 2 }, answer('ab')],
    ['days left', { kind: 'certificate', part: 'days-left', matcher: { op: 'gte', value: 5 } }, answer('')],
    [
      'an issuer',
      { kind: 'certificate', part: 'issuer', matcher: { op: 'contains', value: "Let's Encrypt" } },
      answer(''),
    ],
    [
      'a name',
      { kind: 'certificate', part: 'names', matcher: { op: 'contains', value: 'www.shop.example.org' } },
      answer(''),
    ],
    ['a version of TLS', { kind: 'tls-version', matcher: { op: 'gte', value: 1.2 } }, answer('')],
    ['a schema', { kind: 'json-schema', schema: { type: 'object', required: ['services'] } }, answer(SERVICES)],
    [
      'a schema of large numbers',
      { kind: 'json-schema', schema: { properties: { id: { type: 'integer' } } } },
      answer('{"id":9007199254740993}'),
    ],
    ['an exit status', value({ part: 'exit-code' }, eq(0)), output('')],
    ['an output', value({ part: 'stdout' }, eq('PONG')), output('PONG\n')],
    ['an error output', value({ part: 'stderr' }, eq('')), output('x')],
    ['JSON of an output', at('$.pending', eq(0)), output('{"pending":0}\n')],
    ['a greeting', value({ part: 'banner' }, { op: 'contains', value: '+PONG' }), greeting('+PONG\r\n')],
    [
      'records',
      value({ part: 'records' }, { op: 'contains', value: '192.0.2.1' }),
      { kind: 'dns', records: ['192.0.2.1', '192.0.2.2'] },
    ],
  ]
  const cut = { isCut: true, size: 1_000_000 }
  it.each<[Matcher, string[]]>([
    [{ op: 'contains', value: 'x' }, []],
    [
      {
        op: 'and',
        matchers: [
          { op: 'starts-with', text: 'xx' },
          { op: 'matches', pattern: { source: 'x', flags: '' } },
        ],
      },
      [],
    ],
    [
      { op: 'contains', value: 'y' },
      [
        'the body has no "y": it is "xxx"',
        'the body is larger than 1.0 MB, so only its beginning was compared; `max-size` under `expect` allows for more',
      ],
    ],
    [{ op: 'not-contains', value: 'x' }, ['the body has "x", and must not']],
    ...[
      { op: 'not-contains', value: 'y' } as const,
      { op: 'not', matcher: { op: 'contains', value: 'y' } } as const,
      { op: 'ends-with', text: 'x' } as const,
      { op: 'length', matcher: { op: 'lt', value: 10 } } as const,
      { op: 'matches', pattern: { source: '^(?!.*y)', flags: 's' } } as const,
      { op: 'matches', pattern: { source: '^x+$', flags: '' } } as const,
    ].map((matcher): [Matcher, string[]] => [
      matcher,
      [
        'the body is larger than 1.0 MB, so what its rest would say is not known; `max-size` under `expect` allows for more',
      ],
    ]),
  ])('takes of a body that was cut only what the rest cannot change: %j', async (matcher, found) => {
    expect(await reasons([value({ part: 'body' }, matcher)], answer('xxx', cut))).toEqual(found)
  })

  it('takes the output of a command that was cut for a beginning too', async () => {
    const seen: Observation = { kind: 'command', facts: { exitCode: 0, stdout: 'xxx', stderr: '', cut: ['stdout'] } }
    const lacks = (part: 'stdout' | 'stderr') => reasons([value({ part }, { op: 'not-contains', value: 'y' })], seen)
    expect(await lacks('stdout')).toEqual(['the output is larger than 3 B, so what its rest would say is not known'])
    expect(await lacks('stderr')).toEqual([])
    expect(await reasons([at('$.a', eq(1))], seen)).toEqual(['the output is larger than 3 B, so its JSON is not read'])
  })

  const down: Matcher = { op: 'not', matcher: eq('down') }
  it.each<[unknown[], Matcher, boolean]>([
    [['up', 'down'], down, false],
    [['up', 'up'], down, true],
    [[], down, false],
    [['up', 'busy'], { op: 'or', matchers: [eq('up'), eq('busy')] }, true],
    [['up', 'down'], { op: 'or', matchers: [eq('up'), eq('busy')] }, false],
    [['up', 'down'], { op: 'not', matcher: { op: 'any', matcher: eq('down') } }, false],
    [[], { op: 'or', matchers: [{ op: 'absent' }, eq('up')] }, true],
    [['down'], { op: 'or', matchers: [{ op: 'absent' }, eq('up')] }, false],
    [['up', 'up'], { op: 'and', matchers: [{ op: 'length', matcher: eq(2) }, down] }, true],
    [['up', 'down'], { op: 'and', matchers: [{ op: 'length', matcher: eq(2) }, down] }, false],
  ])('looks in %j at each value by itself: %j', async (services, matcher, holds) => {
    expect((await reasons([at('$.services[*]', matcher)], answer({ services }))).length === 0).toBe(holds)
  })

  it('gives all expressions of a attempt some seconds together', async () => {
    const evil = { a: Array.from({ length: 100 }, () => `${'a'.repeat(80)}!`) }
    const matcher: Matcher = { op: 'any', matcher: { op: 'matches', pattern: { source: '^(a+)+$', flags: '' } } }
    let tested = 0
    const counting: PatternTester = (...given) => {
      tested += 1
      return isMatch(...given)
    }
    expect(await judge({ expectations: [at('$.a', matcher)], secrets: [] }, answer(evil), 10, counting)).toHaveLength(1)
    expect(tested).toBeLessThan(10)
  })

  it('tells the first wrong items of a long list', async () => {
    const found = await reasons([at('$[*]', eq(1))], answer(Array.from({ length: 100_000 }, () => 0)))
    expect(found).toHaveLength(11)
    expect(found.slice(-2)).toEqual(['$[*]: item 10 is 0, not 1', '$[*]: no further items were looked at'])
  })

  it.each(right)('is content with %s', async (_, expectation, seen) => {
    expect(await reasons([expectation], seen)).toEqual([])
  })

  const HTML = '<!DOCTYPE html><html><body>Shop</body></html>'
  const told: [Expectation, Observation, string][] = [
    [ok, answer('', { status: 503 }), 'status is 503, not 2xx'],
    [
      {
        kind: 'status',
        ranges: [
          { from: 200, to: 200 },
          { from: 300, to: 304 },
        ],
      },
      answer('', { status: 404 }),
      'status is 404, not 200 or 300-304',
    ],
    [at('$.sha', eq('abc')), answer({ sha: 'def' }), '$.sha is "def", not "abc"'],
    [at('$.sha', eq('abc')), answer({}), '$.sha is missing (wanted: it is "abc")'],
    [at('$.services[*].status', eq('up')), answer(SERVICES), '$.services[*].status: item 2 is "down", not "up"'],
    [
      at('$.services[*].status', eq('up')),
      answer({ services: [] }),
      '$.services[*].status is missing (wanted: it is "up")',
    ],
    [
      at('$.a', { op: 'version', version: 'abcdef0123456' }),
      answer({ a: '1234567fff' }),
      '$.a names 1234567fff, not abcdef0123456',
    ],
    [
      value({ part: 'body' }, { op: 'version', version: 'abcdef0123456' }),
      answer({ commit: 'fedcba9', at: 'x' }),
      'the body names fedcba9, not abcdef0123456',
    ],
    [
      value({ part: 'body' }, { op: 'version', version: '1.4.2' }),
      answer('v1.4.1'),
      'the body is "v1.4.1", which does not name 1.4.2',
    ],
    [
      at('$.a', eq(1)),
      answer(HTML),
      'the body is HTML, not JSON; does the URL lead to the application, or to its web pages or a proxy?',
    ],
    [at('$.a', eq(1)), answer('  '), 'the body is empty, not JSON'],
    [at('$.a', eq(1)), answer('<?xml version="1.0"?><a/>'), 'the body is XML, not JSON'],
    [at('$.a', eq(1)), answer('{"a": 1'), 'the body is broken JSON'],
    [at('$.a', eq(1)), answer('fine'), 'the body is plain text, not JSON'],
    [at('$.a', eq(1)), output('fine'), 'the output is plain text, not JSON'],
    [
      at('$.a', eq(1)),
      answer('{"a"', { isCut: true, size: 1_000_000 }),
      'the body is larger than 1.0 MB, so its JSON is not read; `max-size` under `expect` allows for more',
    ],
    [value({ part: 'header', name: 'x-a' }, eq('1')), answer(''), 'the header x-a is missing (wanted: it is "1")'],
    [value({ part: 'exit-code' }, eq(0)), output('', 2), 'the exit status is 2, not 0'],
    [value({ part: 'stdout' }, eq('0')), output('10'), 'the output is "10", not "0"'],
    [{ kind: 'max-time', ms: 800 }, answer(''), 'took 1.2 s, more than 800 ms'],
    [{ kind: 'max-size', bytes: 1_000 }, answer('x'.repeat(1_500)), 'the body is 1.5 kB, more than 1.0 kB'],
    [{ kind: 'max-size', bytes: 1_000 }, answer('x', { isCut: true, size: 1_000 }), 'the body is larger than 1.0 kB'],
    [
      { kind: 'certificate', part: 'days-left', matcher: { op: 'gte', value: 21 } },
      answer(''),
      'days-left of the certificate is 5, not at least 21 (it is valid until 2026-12-01)',
    ],
    [
      { kind: 'certificate', part: 'days-left', matcher: { op: 'gte', value: 21 } },
      answer('', { certificate: undefined }),
      'there is no certificate: the connection is not encrypted',
    ],
    [
      { kind: 'tls-version', matcher: eq('1.3') },
      answer('', { tlsVersion: 'TLSv1.2' }),
      'the version of TLS is "1.2", not "1.3"',
    ],
    [
      { kind: 'json-schema', schema: { properties: { services: { items: { required: ['port'] } } } } },
      answer({ services: [{}] }),
      'the body breaks its schema at /services/0: Instance does not have required property "port"',
    ],
    [
      { kind: 'json-schema', schema: { additionalProperties: false } },
      answer({ extra: 1 }),
      'the body breaks its schema at /extra: this is not allowed there',
    ],
    [
      { kind: 'json-schema', schema: { $ref: 'https://example.org/other.json' } },
      answer({}),
      'the body cannot be compared with its schema: Unresolved $ref "https://example.org/other.json".',
    ],
    [at('$..a', eq(1)), answer(DEEP), 'the body is nested too deeply, or holds too much, to look into'],
    [at('$', eq(1)), answer(DEEP), 'the body is nested too deeply, or holds too much, to look into'],
    [
      value({ part: 'body' }, { op: 'matches', pattern: { source: '^(a+)+$', flags: '' } }),
      answer(`${'a'.repeat(60)}!`),
      'the body took too long to compare with /^(a+)+$/; make the expression simpler',
    ],
    [
      at('$[?count($[?count($.*) > 0]) > 0]', { op: 'exists' }),
      answer(Array.from({ length: 3_000 }, () => 1)),
      'the body takes too long to search for $[?count($[?count($.*) > 0]) > 0]',
    ],
  ]
  it.each(told)('says what %j lacks', async (expectation, seen, expected) => {
    expect(await reasons([expectation], seen, 1_200)).toEqual([expected])
  })

  it('begins with the status, whatever stands first, and says nothing of an error page', async () => {
    const found = await reasons(
      [at('$.a', eq(1)), at('$.b', eq(1)), { kind: 'max-time', ms: 1 }, ok],
      answer('down', { status: 502 }),
    )
    expect(found).toEqual(['status is 502, not 2xx', 'took 10 ms, more than 1 ms'])
  })

  it('shows no secret, not even half of one at the place of a cut', async () => {
    const secret = 's3cret'.repeat(30)
    const seen = answer({ token: `${'x'.repeat(100)}${secret}` })
    const found = await reasons([at('$.token', eq('y'))], seen, 10, [new Secret(secret)])
    expect(found.join()).toContain('***')
    expect(found.join()).not.toContain('s3cret')
  })
})

describe('captureFrom', () => {
  const revealed = async (source: Source, seen: Observation) => {
    const captured = await captureFrom([{ name: 'x', source }], seen)
    return captured.ok ? captured.values.get('x')?.reveal() : captured.reasons
  }
  const id: Source = { part: 'json', path: '$.id' }

  it.each<[Source, Observation, string]>([
    [id, answer({ id: 'abc' }), 'abc'],
    [id, answer('{"id":9007199254740993}'), '9007199254740993'],
    [id, answer({ id: { a: 1 } }), '{"a": 1}'],
    [{ part: 'json', path: '$.ids[*]' }, answer({ ids: [7, 8] }), '7'],
    [{ part: 'header', name: 'content-type' }, answer(''), 'application/json'],
    [{ part: 'status' }, answer(''), '200'],
    [{ part: 'stdout' }, output('abc\n'), 'abc'],
  ])('takes %j', async (source, seen, expected) => {
    expect(await revealed(source, seen)).toBe(expected)
  })

  it.each<[Source, Observation, string]>([
    [id, answer({}), '`x` cannot be captured: $.id is missing'],
    [id, answer(''), '`x` cannot be captured: the body is empty, not JSON'],
    [{ part: 'stdout' }, output('\n'), '`x` cannot be captured: the output is empty'],
    [{ part: 'json', path: '$.ids[*]' }, answer({ ids: [] }), '`x` cannot be captured: $.ids[*] is missing'],
    [
      { part: 'json', path: '$' },
      answer(DEEP),
      '`x` cannot be captured: the body is nested too deeply, or holds too much, to look into',
    ],
    [
      { part: 'html', path: 'div' },
      answer('<div>'.repeat(20_000)),
      '`x` cannot be captured: the body is nested too deeply, or holds too much, to look into',
    ],
  ])('says why %j gives nothing', async (source, seen, expected) => {
    expect(await revealed(source, seen)).toEqual([expected])
  })
})
