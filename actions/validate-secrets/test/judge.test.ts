import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
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

describe('a name that must not be set', () => {
  it('is a problem only when it is set', async () => {
    const rules = 'vars: { DEBUG: { environments: { production: { forbidden: true } }, required: false } }'
    expect(codes(await judgeBy(rules, { DEBUG: 'true' }, { environment: 'production' }))).toEqual(['DEBUG forbidden'])
    expect(codes(await judgeBy(rules, { DEBUG: '' }, { environment: 'production' }))).toEqual([])
    expect(codes(await judgeBy(rules, { DEBUG: 'true' }, { environment: 'staging' }))).toEqual([])
    expect(codes(await judgeBy('vars: { DEBUG: { forbidden: true } }', {}))).toEqual([])
  })
})

describe('length in bytes', () => {
  it('differs from characters', async () => {
    expect(codes(await judgeBy('vars: { A: { max-bytes: 4, max-length: 4 } }', { A: 'größe' }))).toEqual([
      'A too-long',
      'A too-long',
    ])
    expect(codes(await judgeBy('vars: { A: { max-bytes: 7, min-bytes: 7 } }', { A: 'größe' }))).toEqual([])
    expect(codes(await judgeBy('vars: { A: { min-bytes: 8 } }', { A: 'größe' }))).toEqual(['A too-short'])
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
    '[YOUR TOKEN]',
    'glpat-xxxxxxxxxxxxxxxxxxxx',
    'xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx',
    'SG.xxxxxxxxxxxxxxxxxxxxxx',
    'ghp_XXXXXXXXXXXXXXXXXXXX',
    'sk_test_0000000000000000',
    'AKIAXXXXXXXXXXXXXXXX',
    '%%JWT_SECRET%%',
    '@JWT_SECRET@',
    '__JWT_SECRET__',
    '[generate with <openssl rand -base64 36>]',
    '{{ token',
    '${TOKEN',
    '$(openssl rand -hex 32)',
    'my-secret-key',
    'fake-key',
    'not-a-real-password',
    'secret12345',
    'changeme123',
    'a_very_long_secret_key',
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
    'glpat-f8Kq2zPw9Lm4Xr7t',
    'secretariat',
    'keystone-9k',
    '1000000000',
    '{"a": 1}',
  ])('lets %j pass', value => {
    expect(placeholderKind(value)).toBeUndefined()
  })

  it('lets through what the rule allows', async () => {
    const rules = 'vars: { API_TOKEN: { allow-placeholder: [test] } }'
    expect(codes(await judgeBy(rules, { API_TOKEN: 'test' }))).toEqual([])
    expect(codes(await judgeBy('vars: [API_TOKEN]', { API_TOKEN: 'test' }))).toEqual(['API_TOKEN placeholder'])
  })

  it.each([
    ['url', 'https://your-domain.com', 'your-domain'],
    ['database-url', 'postgres://app:changeme@db/shop', 'changeme'],
    ['text', 'change it when 4 owls sing', 'change it'],
    ['json', '{"password": "secret"}', 'secret'],
  ])('takes parts of a %s in allow-placeholder', async (type, value, part) => {
    const rule = (more: object) => `secrets: { A_SECRET: ${JSON.stringify({ type, ...more })} }`
    const allowed = await judgeBy(rule({ 'allow-placeholder': [part] }), { A_SECRET: value })
    expect(codes(allowed)).toEqual([])
    const [problem] = (await judgeBy(rule({}), { A_SECRET: value })).verdicts[0]?.problems ?? []
    expect(problem?.code).toBe('placeholder')
    expect(problem?.hint).toContain('`allow-placeholder`')
  })

  it.each([
    ['{ enum: [sample, full] }', 'sample'],
    ['{ enum: [text, json] }', 'text'],
    ["{ pattern: '(sample|full)' }", 'sample'],
    ["{ pattern: '^(?:none|some)$' }", 'none'],
  ])('takes a value that the rule %s lists', async (rule, value) => {
    expect(codes(await judgeBy(`vars: { API_TOKEN: ${rule} }`, { API_TOKEN: value }))).toEqual([])
  })

  it('does not take a value for listed because it fits a pattern', async () => {
    expect(codes(await judgeBy("vars: { API_TOKEN: { pattern: '.{3,}' } }", { API_TOKEN: 'changeme' }))).toEqual([
      'API_TOKEN placeholder',
    ])
  })

  it.each(['apikey', 'sample', 'text', 'none', 'my-token'])(
    'only warns of the ordinary word %s where no password, token or key is expected',
    async value => {
      expect(codes(await judgeBy('vars: [SMTP_USER]', { SMTP_USER: value }))).toEqual(['SMTP_USER ~placeholder'])
      expect(codes(await judgeBy('secrets: [SMTP_PASSWORD]', { SMTP_PASSWORD: value }))).toEqual([
        'SMTP_PASSWORD placeholder',
      ])
    },
  )
})

describe('the text of a template inside a value', () => {
  const templateIn = async (type: string, value: string, name = 'THING') =>
    (await judgeBy(`vars: { ${name}: ${type} }`, { [name]: value })).verdicts[0]?.problems
      .filter(({ code }) => code === 'placeholder' || code === 'weak')
      .map(({ text }) => text)
  const ENV = 'PORT=8080\n# change-me is a comment\nexport JWT_SECRET="change-me"\nDEBUG=false'

  it.each([
    ['database-url', 'postgres://username:password@host/app', 'has a word of a template as its password'],
    ['text', 'smtp://user:password@mail.acme.org:587', 'has a word of a template as its password'],
    ['url', 'https://user:changeme@api.acme.org/', 'has a text of a template as its password'],
    ['database-url', 'postgres://app:change%2Dme@db/app', 'has a text of a template as its password'],
    ['database-url', 'postgres://app:xxxxxxxx@db/app', 'as its password'],
    ['database-url', 'postgres://your-user:S3cure-pw-91@db/app', 'has a name of a template as its user'],
    ['database-url', 'postgres://app:postgres@db/app', 'has a guessable text as its password'],
    ['database-url', 'mongodb://app:S3cure-pw-91@a.acme.org,your-host.acme.org/app', 'as its host'],
    ['url', 'https://your-domain.com', 'has a name of a template as its host'],
    ['url', 'https://api.yourcompany.com/v1', 'has a name of a template as its host'],
    ['url', 'https://api.acme.org/?token=changeme', 'in its parameters'],
    ['url', 'https://hooks.acme.org/services/T0001/XXXXXXXXXXXXXXXXXXXXXXXX', 'in its path'],
    ['host', 'your-server.acme.org', 'is a name of a template'],
    ['email', 'you@yourdomain.com', 'is a name of a template'],
    ['docker-image', 'ghcr.io/your-org/app:1', 'is a name of a template'],
    ['text', 'f8Kq2zPw9\nJWT_SECRET=change-me', 'has a text of a template in line 2'],
    ['text', ENV, 'has a text of a template in line 3'],
    ['text', 'A=1\nDB_PASSWORD=12345678', 'has a guessable text in line 2'],
    ['text', 'A=1\nDATABASE_URL=postgres://app:password@db/app', 'has a word of a template in line 2'],
    ['text', 'db:\n  password: changeme', 'has a text of a template in line 2'],
    ['text', 'first line\n<your token>', 'has a text in angle brackets in line 2'],
    ['json', '{"host": "db.internal", "password": "changeme"}', 'has a text of a template in one of its texts'],
    ['json', '{"keys": [{"apiKey": "secret"}]}', 'has a word of a template in one of its texts'],
    ['json', '{"url": "postgres://u:password@h/db"}', 'has a word of a template in one of its texts'],
    ['json', '{"db": {"password": "qwerty123"}}', 'has a guessable text in one of its texts'],
  ])('is found in %s %j', async (type, value, expected) => {
    expect(await templateIn(type, value)).toEqual(expect.arrayContaining([expect.stringContaining(expected)]))
  })

  it.each([
    ['url', 'https://todo.acme.org'],
    ['url', 'https://api.acme.org/clipboard/paste-image'],
    ['url', 'https://example.com/add-user'],
    ['url', 'https://api.acme.org/null/-/...?a=none&b=null&c=-'],
    ['url', 'https://token.acme.org/secret/your-key?redirect=change-me'],
    ['host', 'placeholder.acme.org'],
    ['host', 'todo'],
    ['host', 'redis'],
    ['docker-image', 'ghcr.io/acme/placeholder-service:1.0.0'],
    ['docker-image', 'ghcr.io/acme/todo-app:latest'],
    ['email', 'secret@placeholder.acme.org'],
    ['database-url', 'postgres://app:S3cure-pw-91@db/placeholder'],
    ['database-url', 'postgres://user:S3cure-pw-91@[fd00::22]:5432/test'],
    ['text', 'Who will change it when 4 owls sing?'],
    ['text', 'I will add a key to the lock'],
    ['text', 'a: 1\n---\nb: 2\n...'],
    ['text', 'F=x\n# TODO: replace me\n; fill in\nNOTE=please be kind'],
    ['json', '{"type": "text", "name": "sample", "host": "test", "password": "f8Kq2zPw9Lm4"}'],
    ['url', 'https://[fd00::22]/'],
    ['text', '[fd00::22]'],
    ['text', '["a","b"]'],
    ['text', 'us-east-1111'],
    ['integer', '1000000000000'],
  ])('is not seen in %s %j', async (type, value) => {
    expect(await templateIn(type, value)).toEqual([])
  })

  it('is found by itself wherever it is found inside a URL, a line or a JSON document', async () => {
    const template = fc.constantFrom(
      'changeme',
      'password',
      'your-api-key',
      'xxxxxxxx',
      'my-secret-key',
      'secret12345',
      '%%PW%%',
    )
    await fc.assert(
      fc.asyncProperty(template, async text => {
        const password = encodeURIComponent(text)
        expect(await templateIn('text', text, 'DB_PASSWORD')).not.toEqual([])
        expect(await templateIn('text', `smtp://app:${password}@mail.acme.org`)).not.toEqual([])
        expect(await templateIn('text', `A=1\nPASSWORD=${text}`)).not.toEqual([])
        expect(await templateIn('json', JSON.stringify({ a: 1, password: text }))).not.toEqual([])
      }),
    )
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
    'Harbor12345',
    'changeit',
    'django-insecure-f8kq2zpw9lm4',
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

  it('finds the name of the repository or its owner', async () => {
    for (const value of ['web-shop', 'Web-Shop', 'acme'])
      expect(codes(await judgeBy('secrets: [DB_PASSWORD]', { DB_PASSWORD: value }))).toEqual(['DB_PASSWORD weak'])
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
