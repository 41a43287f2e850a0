import { formatPosition } from '@deploy-actions/core/yaml/position'
import { describe, expect, it } from '@jest/globals'
import { loadRules } from '../src/load-rules.ts'

const NO_LISTS = { required: '', optional: '', 'required-vars': '', 'optional-vars': '' }

async function load(rules: string, lists: Partial<typeof NO_LISTS> = {}, rulesFile = '') {
  const name = rulesFile === '' ? '' : 'secrets.yml'
  return loadRules({ lists: { ...NO_LISTS, ...lists }, rules, rulesFile: name }, rulesFile)
}

/** `line:column text` of each mistake. */
async function mistakesIn(rules: string, lists: Partial<typeof NO_LISTS> = {}): Promise<string[]> {
  const { mistakes } = await load(rules, lists)
  return mistakes.map(({ at, text }) => `${at.line}:${at.column} ${text}`)
}

describe('the short form', () => {
  it('takes names and types, commas, comments and list marks', async () => {
    const { rules, mistakes } = await load('', {
      required: 'A\nB: url # where\n\n  C:port , D\n- E: base64',
      optional: 'F',
      'required-vars': 'G: host',
      'optional-vars': 'H',
    })
    expect(mistakes).toEqual([])
    expect(rules.rules.map(({ name, type, store, options }) => [name, type, store, options.required])).toEqual([
      ['A', 'text', 'secret', true],
      ['B', 'url', 'secret', true],
      ['C', 'port', 'secret', true],
      ['D', 'text', 'secret', true],
      ['E', 'base64', 'secret', true],
      ['F', 'text', 'secret', false],
      ['G', 'host', 'variable', true],
      ['H', 'text', 'variable', false],
    ])
    expect(rules.rules[3]?.at).toMatchObject({ source: 'required', line: 4, column: 12 })
  })

  it.each([
    ['A: urll', '1:1 the type `urll` is not known; did you mean `url`?'],
    ['DATABASE_URL PORT', '1:1 write one name per line, or commas between names'],
    ['A\nPORT = port', '2:1 write a colon between the name and its type, as `PORT: port`'],
    ['PORT=port', '1:1 write a colon between'],
    ['A\nB: string', '2:1 the type `string` is not known; did you mean `text`?'],
    ['A: ssh-key', '1:1 the type `ssh-key` is not known; did you mean `ssh-private-key`?'],
    ['A: enum', '1:1 the type enum needs its values: write this rule in `rules`'],
    ['my secret!', '1:1 a name is made of letters'],
    ['1ST', '1:1 a name is made of letters'],
    ['GITHUB_SECRET', '1:1 GitHub allows no name that starts with GITHUB_'],
    ['A\nA', '2:1 `A` has a rule already (line 1)'],
  ])('finds what is wrong in %j', async (required, expected) => {
    const [found] = await mistakesIn('', { required })
    expect(found).toContain(expected)
  })

  it('does not quote what is no name: it may be a pasted secret', async () => {
    const found = await mistakesIn('', { required: 'hunter2-hunter2\nA: hunter2hunter2hunter2' })
    expect(found).toHaveLength(2)
    expect(found.join()).not.toContain('hunter2')
  })
})

const ALL = `
version: 1
secrets:
  SSH_PRIVATE_KEY: { type: ssh-private-key, passphrase-from: SSH_PASSPHRASE, fingerprint: "SHA256:abc" }
  SSH_PASSPHRASE: { required: false }
  DATABASE_URL:    { type: database-url, schemes: [postgres], require: [password, database] }
  APP_KEY:         { type: base64, prefix: "base64:", decoded-bytes: 32 }
  SESSION_SECRET:  { min-length: 32, min-entropy: 3, not-equal-to: [APP_KEY] }
  SENTRY_DSN:      { type: url, required: false }
  TOKEN: jwt
  PLAIN:
vars:
  APP_URL: { type: url, schemes: [https], environments: { production: { forbid-local: true, required: true } } }
  STORAGE: { enum: [s3, local], severity: warning }
  CACHE: { type: hex, decoded-bytes: { min: 16, max: 32 }, required-when: { STORAGE: { not: local } } }
groups:
  - { one-of: [SSH_PRIVATE_KEY, PLAIN] }
  - all-or-none: [SENTRY_DSN, TOKEN]
when:
  - { if: { STORAGE: s3 }, require: [APP_KEY] }
allow-other-names: false
`

describe('rules in YAML', () => {
  it('takes the whole vocabulary', async () => {
    const { rules, mistakes } = await load(ALL)
    expect(mistakes).toEqual([])
    expect(rules.rules).toHaveLength(11)
    const byName = new Map(rules.rules.map(rule => [rule.name, rule]))
    expect(byName.get('APP_KEY')?.options).toEqual({ prefix: 'base64:', 'decoded-bytes': { min: 32, max: 32 } })
    expect(byName.get('CACHE')).toMatchObject({
      store: 'variable',
      options: { 'decoded-bytes': { min: 16, max: 32 } },
      requiredWhen: [{ name: 'STORAGE', test: { noneOf: ['local'] } }],
      at: { line: 15, column: 3 },
    })
    expect(byName.get('APP_URL')?.environments.get('production')?.options).toEqual({
      'forbid-local': true,
      required: true,
    })
    expect(rules.groups.map(({ kind }) => kind)).toEqual(['one-of', 'all-or-none'])
    expect(rules.when[0]).toMatchObject({
      condition: [{ name: 'STORAGE', test: { oneOf: ['s3'] } }],
      require: ['APP_KEY'],
    })
    expect(rules.allowOtherNames).toBe(false)
  })

  it('joins inputs and a file, and says which is which', async () => {
    const { rules, mistakes } = await load('secrets: [A]', { required: 'B' }, 'secrets:\n  C: { urll: 1 }\n')
    expect(rules.rules.map(({ name }) => name)).toEqual(['B', 'A', 'C'])
    expect(mistakes.map(({ at }) => formatPosition(at))).toEqual(['secrets.yml:2:8'])
  })

  it('lets groups of the rules be about names of the lists', async () => {
    expect(await mistakesIn('groups: [{ one-of: [A, B] }]', { optional: 'A\nB' })).toEqual([])
  })

  it('takes the words of other tools', async () => {
    const { rules, mistakes, notices } = await load(
      'secrets:\n  A: { format: enum, choices: [a] }\n  B: { minLength: 3 }',
    )
    expect(mistakes).toEqual([])
    expect(notices.map(({ text }) => text)[1]).toBe('`choices` is called `enum` here; it works all the same')
    expect(rules.rules[0]).toMatchObject({ type: 'enum', options: { enum: ['a'] } })
    expect(rules.rules[1]?.options).toEqual({ 'min-length': 3 })
  })

  it('follows anchors', async () => {
    const { rules, mistakes } = await load('secrets:\n  A: &key { type: hex }\n  B: *key')
    expect(mistakes).toEqual([])
    expect(rules.rules.map(({ type }) => type)).toEqual(['hex', 'hex'])
  })

  it.each([
    ['secrets:\n  A: { requird: true }', ['2:8 the key `requird` is not known; did you mean `required`?']],
    ['secret:\n  A:', ['1:1 the key `secret` is not known; did you mean `secrets`?']],
    ['A: url', ['1:1 names stand below `secrets:` or `vars:`, indented']],
    ['version: 2', ['1:10 the version of these rules is 1']],
    [
      'secrets:\n  A: { environments: { Staging: {}, staging: {} } }',
      ['2:37 the environment `Staging` has keys here already; GitHub compares these names without case'],
    ],
    ['secrets:\n  A: { type: urls }', ['2:14 the type `urls` is not known; did you mean `url`?']],
    ['secrets:\n  A: { type: [url] }', ['2:14 write one of the types']],
    ['secrets:\n  A: { required: "yes" }', ['2:18 write true or false']],
    ['secrets:\n  A: { min-length: 3.5 }', ['2:20 write a whole number']],
    ['secrets:\n  A: { min-length: -1 }', ['2:20 write a whole number']],
    ['secrets:\n  A: { min-entropy: high }', ['2:21 write a number']],
    ['secrets:\n  A: { pattern: "(" }', ['2:17 this is no regular expression']],
    ['secrets:\n  A: { severity: low }', ['2:18 write error or warning']],
    ['secrets:\n  A: { type: hex, decoded-bytes: {min: 9, max: 3} }', ['2:34 write a number of bytes']],
    ['secrets:\n  A: { type: url, require: [passwort] }', ['2:28 write a list of user, password']],
    [
      'secrets:\n  A: { type: port, schemes: [a] }',
      ['2:20 `schemes` does nothing for the type port; it belongs to url, database-url'],
    ],
    ['secrets:\n  A: { type: enum }', ['2:3 the type enum needs the key `enum`']],
    ['secrets:\n  A: { type: pattern }', ['2:3 the type pattern needs the key `pattern`']],
    ['secrets:\n  A: { not-equal-to: [AA] }', ['2:3 the name `AA` is not known; did you mean `A`?']],
    ['secrets:\n  A: [x]', ['2:6 write a type, or a map']],
    ['secrets: A', ['1:10 write names, each on a line of its own']],
    ['secrets:\n  A:\ngroups: [{one-off: [A, A]}]', ['3:11 write one of one-of, any-of, all-or-none']],
    ['secrets:\n  A:\ngroups: [{one-of: [A]}]', ['3:19 a group has two names at least']],
    ['secrets:\n  A:\ngroups: {one-of: [A]}', ['3:9 write a list']],
    ['secrets:\n  A:\nwhen: [{if: {A: x}}]', ['3:8 write both `if:` and `require:`']],
    ['secrets:\n  A:\nwhen: [{if: {A: {is: x}}, require: [A]}]', ['3:17 write a text, a list of texts']],
    [
      'secrets:\n  A:\nwhen: [{iff: {A: x}, require: [A]}]',
      ['3:9 the key `iff` is not known; did you mean `if`?', '3:8 write both'],
    ],
    ['secrets:\n  A: { environments: production }', ['2:22 write a map from environments']],
    ['secrets:\n  A: { environments: { production: { environments: {} } } }', ['2:38 this key is not known']],
    ['allow-other-names: maybe', ['1:20 write true or false']],
    ['secrets:\n\tA: {}', ['2:1 a tab cannot indent YAML']],
    ['- A', ['1:1 write a map with version, secrets']],
    ['secrets:\n  "A B": {}', ['2:3 a name is made of letters']],
  ])('finds the place of %j', async (rules, expected) => {
    const found = await mistakesIn(rules)
    for (const [index, text] of expected.entries()) expect(found[index] ?? '').toContain(text)
    expect(found.length).toBeGreaterThanOrEqual(expected.length)
  })

  it('tells all mistakes at once', async () => {
    const found = await mistakesIn('secrets:\n  A: { typ: url }\n  B: { required: 1 }\nvars:\n  C: { type: nope-nope }')
    expect(found).toHaveLength(3)
  })

  it('quotes nothing that is far from every known word', async () => {
    const found = await mistakesIn(
      'secrets:\n  A: { hunter2hunter2: true, type: s3cr3t-s3cr3t-s3cr3t }\ns3cr3t-value: 1',
    )
    expect(found).toHaveLength(3)
    expect(found.join('\n')).not.toMatch(/hunter2|s3cr3t/)
  })

  it('quotes nothing of what is no YAML', async () => {
    const found = await mistakesIn('secrets:\n  A: "hunter2hunter2\n  B: x')
    expect(found.join('\n')).not.toContain('hunter2')
    expect(found.length).toBeGreaterThan(0)
  })
})

describe('remote checks in rules', () => {
  const names = 'secrets: [HOST, USER, KEY, HOSTS, TOKEN]\nchecks:\n'
  it('takes names and literals', async () => {
    const { rules, mistakes } = await load(
      `${names}  - ssh-login: { host: HOST, port: 2222, user: USER, key: KEY, known-hosts: HOSTS }\n  - registry-login: { registry: ghcr.io, username: acme, password: TOKEN, repository: acme/shop, access: [pull, push] }`,
    )
    expect(mistakes).toEqual([])
    expect(rules.checks.map(({ kind }) => kind)).toEqual(['ssh-login', 'registry-login'])
    expect(rules.checks[0]?.operands).toMatchObject({
      host: { name: 'HOST' },
      port: { literal: '2222' },
      key: { name: 'KEY' },
    })
    expect(rules.checks[1]?.operands).toMatchObject({ access: { literal: 'pull,push' }, password: { name: 'TOKEN' } })
  })

  it.each([
    ['- ssh-logn: { host: HOST }', 'the check `ssh-logn` is not known; did you mean `ssh-login`?'],
    ['- ssh-reachable: { hosts: HOST }', 'the key `hosts` is not known; did you mean `host`?'],
    ['- ssh-reachable: {}', 'ssh-reachable needs `host` (the server)'],
    ['- ssh-login: { host: HOST, user: USER, key: KEY }', 'ssh-login needs `known-hosts` or `fingerprint`'],
    ['- registry-login: { username: x, password: TOKN }', 'the name `TOKN` is not known; did you mean `TOKEN`?'],
    ['- registry-login: { username: x, password: dckr_pat_0123456789 }', 'this name is not known'],
    ['- ssh-login', 'write one kind and what it needs'],
    ['- github-token: { token: { a: 1 } }', 'write a name of these rules'],
  ])('finds what is wrong in %s', async (check, expected) => {
    const found = await mistakesIn(`${names}  ${check}`)
    expect(found.join('\n')).toContain(expected)
    expect(found.join('\n')).not.toContain('dckr_pat')
  })
})
