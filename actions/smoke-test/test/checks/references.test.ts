import { describe, expect, it } from '@jest/globals'
import { load, made, mistakesIn, revealed } from './loading.ts'

const LOGIN =
  '- name: login\n  http: { url: "https://x.example.org/login", form: { a: b } }\n  capture: { session: $.token }\n'

describe('checks of each other', () => {
  it.each([
    ['- { name: a, tcp: "x:1" }\n- { name: a, tcp: "x:2" }', '2:3 there is a check of this name already (line 1)'],
    ['https://x.example.org\nhttps://x.example.org', '2:1 there is a check of this name already (line 1)'],
    [
      '- { name: sign-in, tcp: "x:1" }\n- { name: b, tcp: "x:2", needs: sing-in }',
      '2:33 the check `sing-in` is not known; did you mean `sign-in`?',
    ],
    ['- { name: a, tcp: "x:1", needs: a }', '1:3 these checks wait for each other: a → a'],
    [
      '- { name: a, tcp: "x:1", needs: b }\n- { name: b, tcp: "x:2", needs: c }\n- { name: c, tcp: "x:3", needs: [a] }',
      '1:3 these checks wait for each other: a → b → c → a',
    ],
    [
      '- { name: a, tcp: "x:1", enabled: false }\n- { name: b, tcp: "x:2", needs: a }',
      '2:33 the check that it needs, "a", is not enabled',
    ],
    [
      `${LOGIN}- { http: "https://x.example.org/\${session}" }`,
      'it takes `session` from the check "login", so write `needs: ["login"]`',
    ],
    [
      `${LOGIN}- name: again\n  tcp: x:1\n  capture: { session: banner }`,
      '`session` is captured by the check "login" already',
    ],
    ['- { name: a, http: "https://x.example.org/${t}", capture: { t: $.t } }', 'it takes `t` from itself'],
  ])('finds what is wrong in %j', async (written, expected) => {
    expect((await mistakesIn(written)).join('\n')).toContain(expected)
  })

  it('tells of a check that cannot be read what is wrong with it, and not that it is missing', async () => {
    expect(await mistakesIn('- { name: a, tcp: x }\n- { name: b, tcp: "x:1", needs: a }')).toEqual([
      '1:19 write host:port',
    ])
  })

  it('tells a circle once', async () => {
    const circle = '- { name: a, tcp: "x:1", needs: b }\n- { name: b, tcp: "x:2", needs: a }'
    expect(await mistakesIn(circle)).toEqual(['1:3 these checks wait for each other: a → b → a'])
  })

  it('fills in what was captured, which is a secret then', async () => {
    const plans = await load(
      `${LOGIN}- name: middle\n  tcp: x:1\n  needs: login\n- http: { url: "https://x.example.org/a/\${captures.session}", bearer: "\${session}" }\n  needs: middle`,
    )
    const plan = plans.at(-1)
    if (plan === undefined) throw new Error('no plan')
    expect([plan.name, plan.needs]).toEqual(['https://x.example.org/a/captured-session', ['middle']])
    const check = made(plan, { session: 'tok/en 1' })
    expect(check.subject).toMatchObject({ headers: { authorization: 'Bearer tok/en 1' } })
    expect(revealed(check)).toEqual(['tok/en 1'])
    expect(check.name).toBe(plan.name)
  })

  it('says when what was captured does not fit', async () => {
    const [, plan] = await load(`${LOGIN}- { tcp: { host: x, port: "\${session}" }, needs: login }`)
    expect(plan?.make(new Map())).toMatchObject({ ok: false })
    const { Secret } = await import('@deploy-actions/core/values/secret')
    expect(plan?.make(new Map([['session', new Secret('hunter2')]]))).toEqual({
      ok: false,
      reason: 'what it takes from another check does not fit in line 4: write a whole number from 1 to 65535',
    })
  })

  it('takes a whole URL from another check', async () => {
    const [, plan] = await load(`${LOGIN}- { http: "\${session}", needs: login }`)
    if (plan === undefined) throw new Error('no plan')
    const { subject } = made(plan, { session: 'https://x.example.org/next?a=1' })
    expect(subject.kind === 'http' ? subject.url.href : '').toBe('https://x.example.org/next?a=1')
  })

  it('keeps the order in which checks are written, over all sources', async () => {
    const plans = await load('- { name: c, tcp: "x:1", needs: a }\n- { name: b, tcp: "x:2" }', {
      checksFiles: ['more.yml'],
      files: { 'more.yml': 'checks: [{ name: a, tcp: "x:3" }]' },
    })
    expect(plans.map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect(plans[2]?.at).toEqual({ source: 'more.yml', isFile: true, line: 1, column: 10 })
  })
})
