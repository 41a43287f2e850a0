import { readFileSync } from 'node:fs'
import { readXDeploy, roleOf } from '@deploy-actions/core/compose/x-deploy'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import fc from 'fast-check'

describe('readXDeploy', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ role: 'accessory' }, { role: 'accessory' }],
    [{ 'ready-within': '2m' }, { readyWithin: 120_000 }],
    [{ required: false }, { required: false }],
  ])('reads %j', (block, settings) => {
    expect(readXDeploy(block)).toStrictEqual({ settings, problems: [] })
  })

  it.each([
    ['app', 'not a mapping'],
    [[], 'not a mapping'],
    [{ ready: '5s' }, 'unknown key x-deploy.ready'],
    [{ 'ready-withn': '5s' }, 'did you mean "ready-within"?'],
    [{ role: 'worker' }, 'choose one of app, accessory'],
    [{ required: 'no' }, 'x-deploy.required "no"; write true or false'],
    [{ role: 'migration' }, 'role "migration", which is not supported yet'],
    [{ update: 'rolling' }, 'x-deploy.update, which is not supported yet'],
    [{ drain: '5s' }, 'x-deploy.drain, which is not supported yet'],
    [{ backup: {} }, 'x-deploy.backup, which is not supported yet'],
    [{ 'host-group': 'web' }, 'x-deploy.host-group, which is not supported yet'],
    [{ 'ready-within': 60 }, 'write 60s for seconds'],
    [{ 'ready-within': 'soon' }, 'not a duration'],
    [{ 'ready-within': '5 s' }, 'write a duration'],
    [{ 'ready-within': true }, 'write a duration'],
  ])('refuses %j', (block, complaint) => {
    expect(readXDeploy(block).problems).toStrictEqual([expect.stringContaining(complaint)])
  })

  it('agrees with the schema that editors use', () => {
    const path = new URL('../../../../actions/ssh-compose-deploy/x-deploy.schema.json', import.meta.url)
    const schema = JSON.parse(readFileSync(path, 'utf8'))
    const validate = new Ajv().compile(schema.definitions['x-deploy'])
    const odd = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant({}), fc.constant([]))
    const duration = fc
      .array(fc.tuple(fc.nat(500), fc.constantFrom('ms', 's', 'm', 'h', 'd', '', '.5s', ' ')), { maxLength: 3 })
      .map(parts => parts.map(part => part.join('')).join(''))
    const block = fc.oneof(
      { arbitrary: fc.constantFrom(null, 'app', [], 5), weight: 1 },
      {
        arbitrary: fc.record(
          {
            role: fc.oneof(fc.constantFrom('app', 'accessory', 'migration', 'App', ''), odd),
            'ready-within': fc.oneof(duration, odd),
            required: fc.oneof(fc.boolean(), odd),
            update: odd,
            drain: odd,
            backup: odd,
            'host-group': odd,
            hostgroup: odd,
          },
          { requiredKeys: [] },
        ),
        weight: 9,
      },
    )
    fc.assert(
      fc.property(block, value => {
        expect(readXDeploy(value).problems.length === 0).toBe(validate(value))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('roleOf', () => {
  it.each([
    ['its own word over all', { image: 'postgres', xDeploy: { role: 'app' } }, ['ghcr.io/acme/web'], 'app'],
    ['an image of this deploy', { image: 'ghcr.io/acme/web:abc' }, ['ghcr.io/acme/web'], 'app'],
    ['a deploy that names tags', { image: 'ghcr.io/acme/web:abc' }, ['ghcr.io/acme/web:def'], 'app'],
    ['the short name of the same image', { image: 'docker.io/acme/web' }, ['acme/web'], 'app'],
    ['another image', { image: 'postgres:17' }, ['ghcr.io/acme/web'], 'accessory'],
    ['an image that only begins alike', { image: 'acme/web-admin' }, ['acme/web'], 'accessory'],
    ['no named images, an official one', { image: 'postgres:17' }, [], 'accessory'],
    ['no named images, an own one', { image: 'acme/web' }, undefined, 'app'],
    ['what is built', {}, ['acme/web'], 'app'],
    ['an image ID', { image: `sha256:${'a'.repeat(64)}` }, ['acme/web'], 'app'],
  ] as const)('tells by %s', (_, service, images, role) => {
    expect(roleOf(service, images)).toBe(role)
  })
})
