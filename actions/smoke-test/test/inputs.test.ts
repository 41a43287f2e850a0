import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { readInputs } from '../src/inputs.ts'
import { DEFAULTS, inputVariables } from './checks/loading.ts'

function read(given: Readonly<Record<string, string>>) {
  const env = inputVariables(given)
  return readInputs(new InputReader(env), env)
}

function problems(given: Readonly<Record<string, string>>): string {
  return read(given).wrong?.message ?? ''
}

describe('readInputs', () => {
  it('needs nothing but checks', () => {
    expect(read({ checks: 'https://x' })).toEqual({
      checks: 'https://x',
      checksFiles: [],
      defaults: DEFAULTS,
      deadline: 300_000,
      concurrency: 100,
      failFast: false,
      reportPath: undefined,
      junitPath: undefined,
      secrets: [],
      connection: undefined,
      project: { path: undefined, name: undefined },
      wrong: undefined,
    })
  })

  it('reads a server where one is named', () => {
    const inputs = read({
      'checks-file': 'a.yml\nb.yml',
      host: 'deploy@shop.example.org:2222',
      password: 'hunter2',
      'host-key': 'accept-any',
      path: '/opt/app/',
      secrets: 'abc\ndef',
      'project-name': 'shop',
    })
    expect(inputs.checksFiles).toEqual(['a.yml', 'b.yml'])
    expect(inputs.connection?.server).toEqual({ host: 'shop.example.org', user: 'deploy', port: 2222 })
    expect(inputs.project).toEqual({ path: '/opt/app', name: 'shop' })
    expect(inputs.secrets.map(secret => secret.reveal())).toEqual(['abc', 'def'])
  })

  it.each([
    [{}, '`checks` and `checks-file` are missing'],
    [{ checks: 'x', timeout: '5' }, '`timeout` is "5", a number without a unit'],
    [{ checks: 'x', deadline: '0s' }, '`deadline` is 0'],
    [{ checks: 'x', attempts: '0' }, '`attempts` is "0"'],
    [{ checks: 'x', backoff: '0.5' }, '`backoff` is "0.5"; write a number from 1 to 10'],
    [{ checks: 'x', through: 'server' }, '`through` is "server"; choose one of runner, ssh, container'],
    [{ checks: 'x', path: 'app' }, '`path` is "app"; write an absolute path'],
    [{ checks: 'x', 'project-name': 'My App' }, '`project-name` is "My App"'],
    [{ checks: 'x', host: 'shop.example.org' }, '`user` is missing'],
    [
      { checks: 'x', 'report-path': './out/r.xml', 'junit-path': 'out/r.xml' },
      '`junit-path` is the file of `report-path`',
    ],
    [{ checks: 'x', 'fail-fast': 'yes' }, '`fail-fast` is "yes"'],
  ])('says what is wrong with %j', (given, expected) => {
    expect(problems(given)).toContain(expected)
  })
})
