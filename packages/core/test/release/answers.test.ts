import {
  adoptedEnv,
  parseAdopt,
  parsePull,
  parseStage,
  parseSwitch,
  parseVerify,
} from '@deploy-actions/core/release/answers'
import { describe, expect, it } from '@jest/globals'
import { containerJson } from './examples.ts'

const sections = (entries: Record<string, string>) => new Map(Object.entries(entries))

describe('parseStage', () => {
  it('reads what was found', () => {
    const answer = parseStage(
      sections({
        existing: 'file compose.yaml\ndirectory my conf\n',
        changes: 'changed compose.yaml\n',
        leaving: 'old.conf\n',
        unwritable: 'cache\n',
        blocked: 'data is a directory on the server, and a file in this release\n',
        directory: '/tmp/preview/shop\n',
        config: '{"name":"shop","services":{"web":{"image":"acme/web:v1"}}}\n---\nname: shop\n',
        containers: `2026-01-01T00:01:00Z\n${containerJson()}\n`,
        images: `acme/web:v1\t{"id":"sha256:1","digests":["acme/web@sha256:d"]}\npostgres\tnull\n`,
      }),
    )
    expect(answer).toMatchObject({
      damaged: [],
      changes: [{ kind: 'changed', path: 'compose.yaml' }],
      leaving: ['old.conf'],
      unwritable: ['cache'],
      blocked: ['data is a directory on the server, and a file in this release'],
      configError: '',
      config: { name: 'shop', services: [{ name: 'web' }] },
      directory: '/tmp/preview/shop',
      containers: [{ name: 'shop-web-1' }],
    })
    expect([...answer.existing]).toEqual([
      ['compose.yaml', 'file'],
      ['my conf', 'directory'],
    ])
    expect([...answer.images]).toEqual([
      ['acme/web:v1', { id: 'sha256:1', digests: ['acme/web@sha256:d'] }],
      ['postgres', undefined],
    ])
  })

  it('has no configuration where Compose refuses the files', () => {
    expect(parseStage(sections({ 'config-error': 'yaml: line 1\n' }))).toMatchObject({
      config: undefined,
      configError: 'yaml: line 1',
    })
  })
})

describe('parsePull', () => {
  it('reads failures with their causes', () => {
    expect(parsePull(sections({ failed: 'pull acme/web:9\tmanifest unknown \n' })).failed).toEqual([
      { what: 'pull acme/web:9', message: 'manifest unknown' },
    ])
  })
})

describe('parseAdopt', () => {
  it('reads the copy of what runs', () => {
    expect(
      parseAdopt(sections({ manifest: 'abc  a\n', modes: '644 a\n', env: '640\n', hashes: 'web 1\nweb 2\ndb 3\n' })),
    ).toEqual({
      manifest: 'abc  a\n',
      modes: '644 a\n',
      links: [],
      envMode: '640',
      hashes: new Map([
        ['web', ['1', '2']],
        ['db', ['3']],
      ]),
      hashesError: '',
      missing: [],
      unreadable: [],
    })
  })
})

describe('adoptedEnv', () => {
  it.each([
    ['written', { env: '600\n' }],
    ['kept', { links: '.env\ncurrent\n' }],
    ['none', { links: 'current\n' }],
  ])('is %s', (policy, found) => {
    expect(adoptedEnv(parseAdopt(sections(found as Record<string, string>)))).toBe(policy)
  })
})

describe('parseVerify', () => {
  it('has no containers where none are', () => {
    expect(parseVerify(sections({ differences: 'missing a\n', containers: '' }))).toMatchObject({
      differences: [{ kind: 'missing', path: 'a' }],
      containers: [],
    })
  })
})

describe('parseSwitch', () => {
  it('reads the last step and the status', () => {
    const result = sections({ result: 'step check\nstep files\nstatus 66\n' })
    expect(parseSwitch(result, 66, 'mv: denied')).toEqual({ step: 'files', status: 66, output: 'mv: denied' })
  })

  it('takes the exit status where the answer was cut off', () => {
    expect(parseSwitch(new Map(), 143, '')).toEqual({ step: 'check', status: 143, output: '' })
  })
})
