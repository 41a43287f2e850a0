import type { HttpFacts } from '@deploy-actions/core/probe/observe-http'
import { describe, expect, it, test } from '@jest/globals'
import { captureFrom } from '../../src/expect/capture.ts'
import { judge } from '../../src/expect/judge.ts'
import { createPatternTester } from '../../src/expect/pattern.ts'
import { checkOf } from '../checks/loading.ts'
import { answer } from './observations.ts'

/** What is wrong with a response, by the `expect` of a check. */
async function lacks(expectation: string, body: string, facts: Partial<HttpFacts> = {}): Promise<string[]> {
  const check = await checkOf(`- http: https://h.example/\n  expect:\n${expectation}`)
  return judge(check, answer(body, facts), 1, createPatternTester())
}

const withHeaders = (headers: Record<string, string>) => ({ headers: new Map(Object.entries(headers)) })

describe('white space around a text does not count', () => {
  test.each([
    '    body: >\n      ready',
    '    body: |\n      ready',
    '    body: { contains: "ready\\n" }',
    '    body: { ends-with: "ready\\n" }',
    '    body: { starts-with: "\\n ready" }',
    '    body: { in: ["no", "ready\\n"] }',
    '    body:\n      - |\n        ready',
  ])('%j', async expectation => {
    expect(await lacks(expectation, 'ready\n')).toEqual([])
    expect(await lacks(expectation, ' ready')).toEqual([])
    expect(await lacks(expectation, 'other')).not.toEqual([])
  })

  it('nor around a header', async () => {
    expect(await lacks('    headers: { x-build: "77" }', '', withHeaders({ 'x-build': '77\t' }))).toEqual([])
    expect(await lacks('    headers: { x-build: "77 " }', '', withHeaders({ 'x-build': '77' }))).toEqual([])
  })

  it('but within a text it does', async () => {
    expect(await lacks('    body: "a  b"', 'a b')).not.toEqual([])
  })
})

describe('several Set-Cookie headers', () => {
  const two = withHeaders({ 'set-cookie': 'sessionid=abc; Path=/; HttpOnly\ncsrftoken="x1y2"; Path=/' })

  test.each<[string, boolean]>([
    ['/^csrftoken=/', true],
    ['/^sessionid=/', true],
    ['/^other=/', false],
    ['{ contains: HttpOnly }', true],
    ['{ not-contains: HttpOnly }', false],
    ['{ not-contains: other }', true],
    ['{ and: [/^sessionid=/, /^csrftoken=/] }', true],
    ['{ absent: true }', false],
  ])('%s: %s', async (matcher, holds) => {
    const found = await lacks(
      `    headers: { set-cookie: ${matcher.startsWith('/') ? `"${matcher}"` : matcher.replaceAll(/(\/[^/]+\/)/g, '"$1"')} }`,
      '',
      two,
    )
    expect(found.length === 0).toBe(holds)
  })

  test.each([
    ['cookie sessionid', 'abc'],
    ['cookie csrftoken', 'x1y2'],
    ['{ from: body, matches: "/token=(\\\\w+)/" }', 't0k3n'],
    ['{ from: body, matches: "t[0-9]k" }', 't0k'],
    ['{ from: header set-cookie, matches: "/sessionid=([^;]+)/" }', 'abc'],
  ])('capture: %s', async (source, value) => {
    const check = await checkOf(
      `- http: https://h.example/\n  capture: { c: ${source.replaceAll('\\\\', '\\')} }`.replaceAll('\\w', '\\\\w'),
    )
    const captured = await captureFrom(check.captures, answer('<input value="token=t0k3n">', two))
    expect(captured.ok && captured.values.get('c')?.reveal()).toBe(value)
  })

  it('a cookie or a part that is not there is named', async () => {
    const check = await checkOf(
      '- http: https://h.example/\n  capture: { a: cookie nope, b: { from: body, matches: "/z(y)/" } }',
    )
    const captured = await captureFrom(check.captures, answer('x', two))
    expect(captured).toMatchObject({ ok: false })
    expect(captured.ok ? [] : captured.reasons.join()).toMatch(/the cookie nope is missing.*the body has nothing that/)
  })
})

describe('a body that is larger than what is read', () => {
  const cut = { isCut: true, size: 1_000_000 }

  test.each(['{ contains: all jobs done }', 'all jobs done', '"/done$/"', '{ ends-with: done }'])(
    'says so where it lacks %s',
    async matcher => {
      const found = await lacks(`    body: ${matcher}`, 'x', cut)
      expect(found.join()).toMatch(/is larger than 1\.0 MB.*max-size/)
    },
  )

  it('does not where its beginning decides', async () => {
    expect((await lacks('    body: { starts-with: done }', 'x', cut)).join()).not.toMatch(/max-size/)
    expect((await lacks('    body: { not-contains: x }', 'x', cut)).join()).not.toMatch(/max-size/)
    expect(await lacks('    body: { contains: x }', 'x', cut)).toEqual([])
  })
})

describe('basic authentication', () => {
  it('may have an empty password: the user is a key', async () => {
    const check = await checkOf(
      "- http: { url: 'https://h.example/', basic-auth: { username: key-7f3a, password: '' } }",
    )
    const headers = check.subject.kind === 'http' ? check.subject.headers : {}
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('key-7f3a:').toString('base64')}`)
  })

  it('names what is empty otherwise', async () => {
    const given = "- http: { url: 'https://h.example/', bearer: '' }"
    await expect(checkOf(given)).rejects.toMatchObject({ mistakes: [{ text: 'write the token of `bearer`' }] })
  })
})
