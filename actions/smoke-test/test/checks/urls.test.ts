import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { checkOf, mistakesIn } from './loading.ts'

async function urlOf(written: string, env: Record<string, string>): Promise<URL> {
  const { subject } = await checkOf(`- http: ${JSON.stringify(written)}`, { env })
  if (subject.kind !== 'http') throw new Error('no http')
  return subject.url
}

describe('a variable in a query', () => {
  it('arrives as it is, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), async value => {
        if (/^\s|\s$|\0/.test(value) || value.trim() === '' || !value.isWellFormed()) return
        const url = await urlOf('https://h.example/?a=1&q=${Q}&r=2#f', { Q: value })
        expect([...url.searchParams]).toEqual([
          ['a', '1'],
          ['q', value],
          ['r', '2'],
        ])
      }),
    )
  })

  test.each([
    ['https://h.example/?${Q}', '?a=1&b=2'],
    ['https://h.example/?x=1&${Q}', '?x=1&a=1&b=2'],
    ['https://h.example/?x=y${Q}', '?x=ya%3D1%26b%3D2'],
    ['https://h.example/?x=${Q}&y=${Q}', '?x=a%3D1%26b%3D2&y=a%3D1%26b%3D2'],
  ])('is a value only after a `=`: %s', async (written, search) => {
    expect((await urlOf(written, { Q: 'a=1&b=2' })).search).toBe(search)
  })
})

it('a URL with two schemes names the variable that has one', async () => {
  const env = { API: 'http://api.internal' }
  expect(await mistakesIn('- http: "http://${API}:8080/status"', { env })).toMatchObject([
    expect.stringContaining('two schemes: leave out http:// in front, as `API` has one already'),
  ])
})

describe('`ip-version`', () => {
  test.each([
    ['- http: { url: "http://127.0.0.1/", ip-version: 6 }', 1],
    ['- http: { url: "http://[::1]/", ip-version: 4 }', 1],
    ['- tcp: { host: 127.0.0.1, port: 1, ip-version: 6 }', 1],
    ['- tls: { host: "::1", ip-version: 4 }', 1],
    ['- http: { url: "http://127.0.0.1/", ip-version: 4 }', 0],
    ['- http: { url: "http://h.example/", ip-version: 6 }', 0],
  ])('does not contradict a literal address: %s', async (written, count) => {
    expect(await mistakesIn(written)).toHaveLength(count)
  })
})

describe('`unreachable: true`', () => {
  it('is all that is expected', async () => {
    const { expectations } = await checkOf('- http: https://h.example/\n  expect: { unreachable: true }')
    expect(expectations).toEqual([{ kind: 'unreachable' }])
  })

  it('stands alone', async () => {
    const both = '- http: https://h.example/\n  expect: { unreachable: true, status: 200 }'
    expect((await mistakesIn(both)).join()).toContain('stands alone')
    expect((await mistakesIn('- command: ls\n  expect: { unreachable: true }')).join()).toContain('is not for a check')
  })
})
