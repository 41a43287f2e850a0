import { describe, expect, it } from '@jest/globals'
import type { Judgement } from '../src/judge.ts'
import { placeholderKind } from '../src/placeholder.ts'
import { entropy, isPasswordName, weakness } from '../src/weak.ts'
import { judgeBy } from './judging.ts'

/** `NAME code` of every problem. */
function codes({ verdicts, shared }: Judgement): string[] {
  return [...verdicts.flatMap(({ problems }) => problems), ...shared].map(
    ({ names, code, severity }) => `${names.join('+')} ${severity === 'error' ? '' : '~'}${code}`,
  )
}
const GOOD = 'f8Kq2-zPw9-Lm4Xr7'

describe('what is missing', () => {
  it('is what is required and empty or absent', async () => {
    const judgement = await judgeBy('secrets: { A: , B: , C: { required: false } }', { A: '', C: '' })
    expect(codes(judgement)).toEqual(['A missing', 'B missing'])
    expect(judgement.verdicts.map(({ present }) => present)).toEqual([false, false, false])
  })

  it.each(['0', 'false', 'null-ish'])('is not %j', async value => {
    expect(codes(await judgeBy('vars: [A]', { A: value }))).toEqual([])
  })

  it('tells an optional one that is set to nothing', async () => {
    expect(codes(await judgeBy('secrets: { A: { required: false } }', { A: ' \u200b' }))).toEqual(['A blank'])
  })

  it('reads the JSON of secrets where the environment has nothing, whatever the letters’ case', async () => {
    const judgement = await judgeBy('secrets: [A_Token, B]', { B: GOOD }, { secrets: { A_TOKEN: GOOD, B: 'ignored' } })
    expect(codes(judgement)).toEqual([])
  })
})

describe('conditions and groups', () => {
  const when =
    'vars: [STORAGE]\nsecrets: [S3_KEY, S3_SECRET]\nwhen: [{ if: { STORAGE: [s3, minio] }, require: [S3_KEY, S3_SECRET] }]'
  it.each([
    ['s3', ['S3_KEY missing', 'S3_SECRET missing']],
    ['minio', ['S3_KEY missing', 'S3_SECRET missing']],
    ['local', []],
  ])('require what belongs to %s', async (STORAGE, expected) => {
    expect(codes(await judgeBy(when, { STORAGE }))).toEqual(expected)
  })

  it.each([
    ['{ MODE: { set: true } }', { MODE: 'x' }, true],
    ['{ MODE: { set: true } }', {}, false],
    ['{ MODE: { set: false } }', {}, true],
    ['{ MODE: { not: local } }', { MODE: 'cloud' }, true],
    ['{ MODE: { not: local } }', { MODE: 'local' }, false],
    ['{ MODE: { not: local } }', {}, false],
    ['{ MODE: true }', { MODE: 'true' }, true],
    ['{ MODE: a, B: b }', { MODE: 'a', B: 'b' }, true],
    ['{ MODE: a, B: b }', { MODE: 'a', B: 'c' }, false],
  ])('required-when %s with %j is %s', async (condition, env: Record<string, string>, required) => {
    const rules = `vars: { MODE: { required: false }, B: { required: false } }\nsecrets: { A: { required-when: ${condition} } }`
    expect(codes(await judgeBy(rules, env))).toEqual(required ? ['A missing'] : [])
  })

  it('say on what a requirement depends, not what was found there', async () => {
    const { verdicts } = await judgeBy('vars: [STORAGE]\nsecrets: { A: { required-when: { STORAGE: s3 } } }', {
      STORAGE: 's3',
    })
    expect(verdicts[0]?.problems.concat(verdicts[1]?.problems ?? [])[0]?.text).toBe(
      'is not set, and the condition of line 2 on `STORAGE` holds',
    )
  })

  it.each([
    ['one-of', {}, ['A+B+C group']],
    ['one-of', { A: GOOD }, []],
    ['one-of', { A: GOOD, C: GOOD }, ['A+B+C group']],
    ['any-of', {}, ['A+B+C group']],
    ['any-of', { A: GOOD, B: GOOD }, []],
    ['all-or-none', {}, []],
    ['all-or-none', { A: GOOD, B: GOOD, C: GOOD }, []],
    ['all-or-none', { B: GOOD }, ['A+B+C group']],
    ['one-of', { A: ' ', B: GOOD }, ['A blank']],
  ])('%s of %j', async (kind, env: Record<string, string>, expected) => {
    expect(codes(await judgeBy(`secrets: [A, B, C]\ngroups: [{ ${kind}: [A, B, C] }]`, env))).toEqual(expected)
  })
})

describe('environments', () => {
  const rules =
    'vars:\n  URL: { type: url, required: false, environments: { production: { required: true, forbid-local: true, schemes: [https] } } }'
  it.each([
    ['production', {}, ['URL missing']],
    ['Production', {}, ['URL missing']],
    ['PRODUCTION', { URL: 'http://localhost' }, ['URL forbidden']],
    ['staging', {}, []],
    ['production', { URL: 'http://localhost' }, ['URL forbidden']],
    ['staging', { URL: 'http://localhost' }, []],
    ['production', { URL: 'https://shop.example' }, []],
  ])('%s with %j', async (environment, env: Record<string, string>, expected) => {
    expect(codes(await judgeBy(rules, env, { environment }))).toEqual(expected)
  })
})

describe('severity', () => {
  it('turns every problem of a rule into a warning', async () => {
    expect(
      codes(await judgeBy('vars: { A: { type: url, severity: warning }, B: { severity: warning } }', { A: 'x' })),
    ).toEqual(['A ~format', 'B ~missing'])
  })
})

describe('several problems of one value', () => {
  it('are told together', async () => {
    expect(codes(await judgeBy('vars: { A: { type: url, max-length: 3 } }', { A: 'not-a-url\n' }))).toEqual([
      'A whitespace',
      'A format',
      'A too-long',
    ])
  })
})

describe('placeholders', () => {
  it.each([
    'changeme',
    'CHANGE_ME',
    'change-me-please',
    'please change me',
    '<your token>',
    '{{ token }}',
    '${TOKEN}',
    '$TOKEN',
    '%TOKEN%',
    '${{ secrets.A }}',
    'xxx',
    'XXXXXXXX',
    'todo',
    'TODO: set this',
    'replace_me',
    'replace-with-real-key',
    'your-api-key',
    'your-dockerhub-token',
    'YOUR_OWN_SECRET_KEY',
    'put the real password here',
    'YOUR_TOKEN',
    'yourpassword',
    'insert-your-key-here',
    'insert_key',
    '-',
    '***',
    '...',
    'null',
    'undefined',
    'none',
    'password',
    'secret',
    'dummy',
    'example',
    'test',
    'N/A',
    'placeholder',
    'token goes here',
    'AKIAIOSFODNN7EXAMPLE',
    'https://your-domain.com',
    '[YOUR TOKEN]',
    'enter your password',
  ])('finds %j', value => {
    expect(placeholderKind(value)).toBeDefined()
  })

  it.each([
    'todos',
    'Exchange-Me7x',
    'testament-9',
    'my-test-value-8',
    'nullify',
    'yourself',
    'passwordless-9k',
    'a-secret-garden-7',
    '0',
    'false',
    'https://example.com',
    'contest',
    'xx',
    'postgres://u:p@test-db/x',
    'replacement-part-9',
    'dGVzdHRlc3R0ZXN0Y2hhbmdlbWVYWFhYWFhYdG9kb1hYWDk5',
  ])('lets %j pass', value => {
    expect(placeholderKind(value)).toBeUndefined()
  })

  it('lets through what the rule allows', async () => {
    expect(codes(await judgeBy('vars: { A: { allow-placeholder: [test] } }', { A: 'test' }))).toEqual([])
    expect(codes(await judgeBy('vars: [A]', { A: 'test' }))).toEqual(['A placeholder'])
  })
})

describe('weak values', () => {
  it.each([
    '123456',
    'Admin',
    'qwertyuiop',
    'aaaaaaaaaa',
    'abcabcabcabc',
    'abcdefgh',
    '87654321',
    'postgres',
    'hunter2',
    'azertyuiop',
    'zyxwvuts',
    '1212121212',
  ])('finds %s', value => {
    expect(weakness(value)).toBeDefined()
  })
  it.each(['f8Kq2-zPw9', 'correct horse battery', '7391846205', 'x9!', 'Tr0ub4dor&3'])('lets %s pass', value => {
    expect(weakness(value)).toBeUndefined()
  })

  it('is looked for where somebody made a value up', async () => {
    const env = { DB_PASSWORD: '12345678', JWT_SECRET: 'supersecret', REGION: '12345678', PUBLIC_KEY_ID: '12345678' }
    const rules = 'secrets: [DB_PASSWORD, JWT_SECRET]\nvars: [REGION, PUBLIC_KEY_ID]'
    expect(codes(await judgeBy(rules, env))).toEqual(['DB_PASSWORD weak', 'JWT_SECRET weak'])
    expect(codes(await judgeBy('secrets: { DB_PASSWORD: { allow-weak: true } }', env))).toEqual([])
  })

  it.each([
    ['DB_PASSWORD', true],
    ['POSTGRES_PASSWORD', true],
    ['API_TOKEN', true],
    ['AWS_ACCESS_KEY_ID', false],
    ['SSH_USER', false],
    ['MONKEY', false],
  ])('takes %s for a made-up one: %s', (name, expected) => {
    expect(isPasswordName(name)).toBe(expected)
  })

  it('measures entropy', () => {
    expect(entropy('aaaa')).toBe(0)
    expect(entropy('abcd')).toBe(2)
    expect(entropy('0123456789abcdef')).toBe(4)
  })
})

describe('secrets that are none', () => {
  it.each([
    ['SSH_PORT: port', '2222'],
    ['DEBUG: boolean', 'true'],
    ['DOCKER_IMAGE: docker-image', 'ghcr.io/other/thing:1'],
    ['VERSION: semver', '1.2.3'],
    ['OWNER', 'acme'],
    ['REPO', 'acme/web-shop'],
    ['BRANCH', 'feature/cart'],
    ['POSTGRES_USER', 'postgres'],
    ['SHORT', 'k9x2'],
  ])('warns of %s', async (rule, value) => {
    const name = rule.split(':')[0] ?? ''
    const { verdicts } = await judgeBy(`secrets:\n  ${rule.includes(':') ? rule : `${rule}:`}`, { [name]: value })
    expect(verdicts[0]?.problems.map(({ code, severity }) => [code, severity])).toEqual([['not-secret', 'warning']])
  })

  it('says nothing of variables, or where it is allowed', async () => {
    expect(
      codes(
        await judgeBy('vars: { PORT: port }\nsecrets: { SSH_PORT: { type: port, allow-public: true } }', {
          PORT: '22',
          SSH_PORT: '22',
        }),
      ),
    ).toEqual([])
  })
})

describe('other names', () => {
  it('are a problem only when the rules say so, and only in the JSON', async () => {
    const secrets = { A: GOOD, LEFT_OVER: GOOD, github_token: GOOD }
    expect(codes(await judgeBy('secrets: [A]', {}, { secrets }))).toEqual([])
    expect(codes(await judgeBy('secrets: [A]\nallow-other-names: false', { OTHER: 'x' }, { secrets }))).toEqual([
      'LEFT_OVER unknown-name',
    ])
  })
})
