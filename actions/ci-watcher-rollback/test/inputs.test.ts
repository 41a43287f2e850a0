import path from 'node:path'
import { readActionMetadata } from '@deploy-actions/build/action-metadata'

import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it, test } from '@jest/globals'
import { readInputs } from '../src/inputs.ts'
import { SHA } from './fixture.ts'

const { inputs: declared } = readActionMetadata(path.join(import.meta.dirname, '..'))
const DEFAULTS = Object.fromEntries(Object.entries(declared).map(([name, { default: text = '' }]) => [name, text]))

/** Reads inputs with the defaults of action.yml; without a server unless one is given. */
function read(given: Readonly<Record<string, string>> = {}, eventName = 'push', sha = SHA) {
  const all = { ...DEFAULTS, 'github-token': 'token', 'on-failure': 'report', ...given }
  const env = Object.fromEntries(Object.entries(all).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))
  return readInputs(new InputReader(env), env, { eventName, sha })
}

const SERVER = {
  'on-failure': 'rollback',
  host: 'deploy@shop.example.org',
  password: 'secret',
  path: '/opt/shop',
  'host-key': 'accept-any',
}

describe('defaults', () => {
  it('are those of action.yml', () => {
    const { mode, sha, policy, pace, server, stateFile } = read()
    expect({ mode, sha, pace, server, stateFile }).toEqual({
      mode: 'poll',
      sha: SHA,
      pace: { shortest: 10_000, longest: 60_000 },
      server: undefined,
      stateFile: undefined,
    })
    expect(policy).toMatchObject({
      ...{ events: ['push', 'pull_request', 'merge_group'], include: [], exclude: [], required: [], allowFail: [] },
      ...{ grace: 120_000, confirmFailure: 0, stableFor: 30_000, timeout: 1_800_000, onWaiting: 'pending' },
    })
    expect([...policy.passing]).toEqual(['success', 'skipped', 'neutral'])
  })

  it('look once, without windows, in a run for workflow_run', () => {
    const { mode, policy } = read({ 'failure-for': '1m' }, 'workflow_run')
    expect(mode).toBe('event')
    expect(policy).toMatchObject({ grace: 0, confirmFailure: 0, stableFor: 0 })
    expect(read({ mode: 'poll' }, 'workflow_run').mode).toBe('poll')
  })
})

describe('the rollback', () => {
  it('is of the watched commit only', () => {
    const { server } = read(SERVER)
    expect(server?.rollback).toMatchObject({ path: '/opt/shop', to: '', from: SHA, onFailure: 'rollback' })
    expect(server?.connection.server).toEqual({ host: 'shop.example.org', user: 'deploy', port: 22 })
  })

  test.each([{ 'on-failure': 'rollback' }, { 'on-timeout': 'rollback' }, { 'on-no-checks': 'rollback' }])(
    'needs a server: %j',
    given => {
      expect(() => read(given)).toThrow('`host` is missing; a rollback needs the server')
    },
  )

  it('asks for no server where there is none', () => {
    expect(read({ host: 'shop.example.org' }).server).toBeUndefined()
  })
})

describe('mistakes', () => {
  test.each([
    ['a short commit', { sha: '6dcb09b' }, '`sha` is "6dcb09b"; write the full SHA of a commit'],
    ['a branch', { sha: 'main' }, '`sha` is "main"'],
    [
      'an invalid expression',
      { exclude: 'lint\n/te(st/' },
      '`exclude` has "/te(st/", which is not a valid regular expression',
    ],
    ['event without workflow_run', { mode: 'event' }, '`mode` is event, and this is a run for push'],
    ['a bare number', { 'watch-timeout': '300' }, '`watch-timeout` is "300", a number without a unit'],
    ['an unknown policy', { 'on-timeout': 'panic' }, '`on-timeout` is "panic"; choose one of hold, rollback, accept'],
    ['no token', { 'github-token': '' }, '`github-token` is missing'],
  ])('%s', (_, given, message) => {
    expect(() => read(given)).toThrow(message)
  })

  it('are all in one message', () => {
    expect(() => read({ sha: 'x', grace: '5', 'on-failure': 'no' })).toThrow(/`sha`.*`on-failure`.*`grace`/s)
  })
})

it('takes a SHA in capitals, and one of 64 digits', () => {
  expect(read({ sha: SHA.toUpperCase() }).sha).toBe(SHA)
  expect(read({ sha: 'a'.repeat(64) }).sha).toBe('a'.repeat(64))
})
