import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { type Inputs, isPublic, readInputs, secretsOf } from '../src/inputs.ts'

const actionYml = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8')) as {
  inputs: Record<string, { default?: string }>
}

/** Reads inputs as the runner gives them: each with its default of action.yml. */
function read(given: Record<string, string>, env: Record<string, string> = {}): Inputs {
  const all = Object.entries(actionYml.inputs).map(([name, input]) => [name, given[name] ?? input.default ?? ''])
  const variables = {
    ...env,
    ...Object.fromEntries(all.map(([name, value]) => [`INPUT_${name?.toUpperCase()}`, value])),
  }
  return readInputs(new InputReader(variables), variables)
}

const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const least = { host: 'deploy@shop.example.org', key, path: '/opt/app', sha: '' }

describe('readInputs', () => {
  it('takes the least that a deploy needs', () => {
    const inputs = read(least)
    expect(inputs.connection.server).toEqual({ host: 'shop.example.org', user: 'deploy', port: 22 })
    expect(inputs).toMatchObject({
      mode: 'deploy',
      options: { path: '/opt/app', onFailure: 'rollback', health: { waitTimeout: 180_000, url: undefined } },
    })
  })

  it('prefers what the host says to `user` and `port`', () => {
    const { server } = read({ ...least, host: 'me@h.example:2222', user: 'other', port: '22' }).connection
    expect(server).toEqual({ host: 'h.example', user: 'me', port: 2222 })
  })

  it('tells every problem at once', () => {
    const message = () =>
      read({
        host: 'a b',
        path: 'app',
        mode: 'go',
        'wait-timeout': '30',
        registry: 'ghcr.io',
        'health-url': 'x',
        sha: 'main',
      })
    expect(message).toThrow(/`host` .*\n.*`path` is "app".*\n/)
    expect(message).toThrow('`mode` is "go"; choose one of deploy, rollback, status')
    expect(message).toThrow('`wait-timeout` is "30", a number without a unit')
    expect(message).toThrow('`registry-username` and `registry-password` are missing')
    expect(message).toThrow('`health-url` is "x"; write a whole URL')
    expect(message).toThrow('`sha` is "main"')
  })

  it.each([
    ['no key, no password and no agent', { key: '' }, '`key` and `password` are missing, and there is no SSH agent'],
    ['`source: git` without a commit', { source: 'git' }, '`sha` is missing; `source: git` needs the whole SHA'],
    ['`source: git` with a short SHA', { source: 'git', sha: 'abcdef0' }, '`sha` is "abcdef0"; `source: git` needs'],
    ['both names of the user', { user: 'a', username: 'b' }, '`username` and `user` are both set'],
    ['both names of the passphrase', { 'key-passphrase': 'a', passphrase: 'b' }, 'are both set'],
    ['a SHA between the two lengths', { sha: 'a'.repeat(41) }, "write a commit's hexadecimal SHA: 40 digits, or 64"],
    ['no user', { host: 'h.example' }, '`user` is missing'],
    ['two hosts', { host: 'a@x\nb@y' }, '`host` names 2 servers'],
    ['a path upwards', { path: '/opt/../etc' }, 'without ".."'],
    ['the root', { path: '/' }, 'a directory of its own'],
    ['`to` without a rollback', { to: 'v1' }, '`to` is only for `mode: rollback`'],
    ['a project name that Compose refuses', { 'project-name': 'My Shop' }, 'lower-case letters'],
    ['a registry line of two words', { registries: 'ghcr.io me' }, 'line 1 not the three words'],
    ['names that the step does not set', { 'env-names': 'A, B' }, 'names A, B, which the step\'s "env:" does not set'],
    ['JSON that is none', { 'env-json': '{"A": hush}' }, '`env-json` is not one JSON object'],
    ['a name set twice', { env: 'A=1', 'env-json': '{"A": "2"}' }, '`env-json` sets A, which `env` sets too'],
    ['a profile that cannot be one', { profiles: 'a, *' }, '`profiles` names "*"; write the names of profiles'],
  ])('refuses %s', (_, given, message) => {
    expect(() => read({ ...least, ...given })).toThrow(message)
  })

  it('reads profiles one per line or separated by commas, and hides none of them', () => {
    const inputs = read({ ...least, profiles: 'worker, metrics\n worker' })
    expect(inputs.options.source.profiles).toEqual(['worker', 'metrics'])
    expect(isPublic('worker,metrics', inputs)).toBe(true)
  })

  it('accepts the names of other actions for the user and the passphrase', () => {
    const encrypted = generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'the passphrase',
    })
    const given = { ...least, host: 'h.example', username: 'me', key: String(encrypted), passphrase: 'the passphrase' }
    const { connection } = read(given)
    expect(connection).toMatchObject({ server: { user: 'me' }, key: { encrypted: true } })
    expect(connection.secrets.map(secret => secret.reveal())).toContain('the passphrase')
  })

  it('uses the SSH agent only where neither a key nor a password is given', () => {
    const env = { SSH_AUTH_SOCK: '/tmp/agent.sock' }
    expect(read({ ...least, key: '' }, env).connection).toMatchObject({ agent: '/tmp/agent.sock', key: undefined })
    expect(read({ ...least, key: '', password: 'p' }, env).connection.agent).toBeUndefined()
    expect(read(least, env).connection.agent).toBeUndefined()
  })

  it('takes the files of a deploy from the commit with `source: git`', () => {
    const given = { ...least, source: 'git', sha: 'a'.repeat(40), 'working-directory': 'app' }
    expect(read(given)).toMatchObject({ commit: given.sha, options: { source: { root: 'app', envRoot: 'app' } } })
    expect(read({ ...given, mode: 'rollback', sha: '' }).commit).toBeUndefined()
    expect(read({ ...least, sha: given.sha }).commit).toBeUndefined()
  })

  it.each([40, 64])('accepts a SHA of %d digits', length => {
    expect(read({ ...least, sha: 'A'.repeat(length) }).options.sha).toBe('a'.repeat(length))
  })

  it("takes values with line breaks from the step's environment", () => {
    const inputs = read({ ...least, env: 'A=1', 'env-names': 'PEM' }, { PEM: 'one\ntwo\n' })
    expect(inputs.options.source.env).toEqual([
      ['A', '1'],
      ['PEM', 'one\ntwo\n'],
    ])
  })

  it('hides the texts of env-json', () => {
    const inputs = read({ ...least, 'env-json': JSON.stringify({ PEM: 'one\ntwo\n', TOKEN: 'k3y$"#' }) })
    expect(inputs.options.source.env).toEqual([
      ['PEM', 'one\ntwo\n'],
      ['TOKEN', 'k3y$"#'],
    ])
    expect(secretsOf(inputs).map(secret => secret.reveal())).toEqual(expect.arrayContaining(['one\ntwo\n', 'k3y$"#']))
  })

  it('refuses a variable that another input sets too', () => {
    const given = { ...least, env: 'A=1', 'env-json': '{"B": "1"}', 'env-names': 'A, B' }
    expect(() => read(given, { A: '1', B: '2' })).toThrow(
      /`env-names` sets A, which `env` sets too.*sets B, which `env-json`/s,
    )
  })

  it('logs in at the registry that a whole URL names', () => {
    const given = { registry: 'https://ghcr.io/acme', 'registry-username': 'u', 'registry-password': 'p' }
    expect(read({ ...least, ...given }).options.registries).toMatchObject([{ registry: 'ghcr.io', username: 'u' }])
  })
})

describe('health-url', () => {
  it('has a name for messages, without login and values of the query', () => {
    const given = { 'health-url': 'https://monitor:example@shop.example.org/health?token=secret' }
    expect(read({ ...least, ...given }).options.health.url).toMatchObject({
      name: 'https://shop.example.org/health?token=…',
      from: 'server',
      attempts: 10,
      interval: 3_000,
    })
  })
})

describe('an invalid health-url', () => {
  it('is not quoted when it has a login or a query', () => {
    const refused = () => read({ ...least, 'health-url': 'htp://monitor:example@h/health?token=hush' })
    expect(refused).toThrow('`health-url` is not a URL; write a whole URL')
    expect(refused).not.toThrow(/example|hush/)
  })
})

describe('secretsOf', () => {
  const secrets = (given: Record<string, string>) => secretsOf(read({ ...least, ...given })).map(each => each.reveal())

  it('takes every value of the environment that is not plain, and shows what the run shows anyway', () => {
    const sha = '0f8fad5bd9cb469fa16570867728950e0f8fad5b'
    const env = `DOMAIN=shop.example.org\nPOSTGRES_PASSWORD=hunter2x\nTAG=${sha}\nSESSION=xk-29-wq-71`
    expect(secrets({ env, sha })).toEqual([key, 'hunter2x', 'xk-29-wq-71'])
  })

  it('takes the login and the query of a URL, in both forms', () => {
    expect(secrets({ 'health-url': 'https://monitor:exa%40mple@shop.example.org/health?token=to%2Fken&v=1' })).toEqual([
      ...[key, 'exa%40mple', 'exa@mple', 'to%2Fken', 'to/ken'],
    ])
  })
})
