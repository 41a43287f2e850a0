import { readFileSync } from 'node:fs'
import { parseComposeConfig, type Service, upLimit } from '@deploy-actions/core/compose/config'
import { describe, expect, it } from '@jest/globals'

/** fixtures/config/compose.yaml, as these versions print it for configCommand. */
const versions = ['2.26.1', '5.5.1'] as const
const printedBy = (version: string) =>
  readFileSync(new URL(`fixtures/config/printed-by-${version}.txt`, import.meta.url), 'utf8')

const plain = {
  build: false,
  profiles: [],
  replicas: 1,
  restart: 'no',
  isJob: false,
  stopGraceMs: 10_000,
  hasHealthcheck: false,
  bindMounts: [],
  provided: [],
} as const
const quiet = {
  volumes: [],
  ports: [],
  hasLogLimits: false,
  dependsOn: [],
  hasPredictableHash: true,
  xDeploy: {},
} as const

describe.each(versions)('parseComposeConfig on the output of Compose %s', version => {
  const config = parseComposeConfig(printedBy(version))
  const service = (name: string) => config.services.find(candidate => candidate.name === name)

  it('finds the project and the services that run without a profile', () => {
    expect(config.name).toBe('shop')
    expect(config.services.map(({ name }) => name)).toStrictEqual(['built', 'db', 'init', 'web', 'zero'])
  })

  it('reads a service with everything', () => {
    expect(service('web')).toStrictEqual({
      name: 'web',
      image: 'registry.lab:5000/shop/web:1.2',
      build: false,
      profiles: [],
      replicas: 3,
      restart: 'unless-stopped',
      isJob: false,
      hasHealthcheck: true,
      healthcheckStartMs: 90_000,
      stopGraceMs: 10_000,
      bindMounts: [
        '/opt/shop/infra/nginx.conf',
        '/opt/shop/infra',
        '/var/run/docker.sock',
        '/opt/shop/infra/nginx.conf',
        '/opt/shop/infra/app.env',
      ],
      provided: [
        { kind: 'config', name: 'conf', file: '/opt/shop/infra/nginx.conf' },
        { kind: 'config', name: 'inline', content: 'abc$' },
        { kind: 'secret', name: 'sec', file: '/opt/shop/infra/app.env' },
      ],
      volumes: ['data'],
      ports: [
        { published: '80', target: 80, protocol: 'tcp' },
        { published: '8443', target: 443, hostIp: '127.0.0.1', protocol: 'tcp' },
        { published: '9000', target: 9000, protocol: 'tcp' },
        { published: '9001', target: 9001, protocol: 'tcp' },
      ],
      hasLogLimits: true,
      hasPredictableHash: true,
      dependsOn: [
        { service: 'db', condition: 'service_healthy' },
        { service: 'init', condition: 'service_completed_successfully' },
      ],
      xDeploy: { role: 'app', readyWithin: 120_000 },
    } satisfies Service)
  })

  it('reads a healthcheck that is switched off, and x-deploy beside values that break YAML', () => {
    expect(service('db')).toStrictEqual({
      ...plain,
      ...quiet,
      name: 'db',
      image: 'postgres:17',
      containerName: 'shop-db',
      xDeploy: { role: 'accessory' },
    } satisfies Service)
    expect(service('init')).toStrictEqual({ ...plain, ...quiet, name: 'init', build: true, isJob: true })
  })

  it('reads scale, a restart limit and the short form of depends_on', () => {
    expect(service('built')).toStrictEqual({
      ...plain,
      ...quiet,
      name: 'built',
      image: 'acme/built',
      build: true,
      replicas: 2,
      restart: 'on-failure',
      isJob: true,
      dependsOn: [{ service: 'db', condition: 'service_started' }],
    } satisfies Service)
    expect(service('zero')?.replicas).toBe(0)
  })
})

describe('parseComposeConfig', () => {
  const print = (services: unknown, yaml = '') => `${JSON.stringify({ name: 'p', services })}\n---\n${yaml}`
  const first = (definition: unknown) => parseComposeConfig(print({ a: definition })).services[0]

  it('does without the YAML', () => {
    expect(parseComposeConfig('{"name":"p","services":{"a":{"image":"x"}}}').services).toHaveLength(1)
  })

  it('does without services', () => {
    expect(parseComposeConfig('{"name":"p"}')).toStrictEqual({ name: 'p', services: [], resources: [] })
  })

  it('takes doubled dollar signs for single ones', () => {
    const mount = { type: 'bind', source: '/srv/a$$b' }
    expect(first({ image: 'a/$$b', volumes: [mount] })).toMatchObject({ image: 'a/$b', bindMounts: ['/srv/a$b'] })
  })

  it('reads a secret that comes from a variable, and an external one', () => {
    const secrets = { token: { name: 'p_token', environment: 'API_TOKEN' }, other: { name: 'other', external: true } }
    const services = { a: { secrets: [{ source: 'token' }, { source: 'other' }] } }
    expect(parseComposeConfig(JSON.stringify({ name: 'p', services, secrets })).services[0]?.provided).toEqual([
      { kind: 'secret', name: 'token', variable: 'API_TOKEN' },
      { kind: 'secret', name: 'other' },
    ])
  })

  it.each([
    [{}, 'no'],
    [{ restart: 'no' }, 'no'],
    [{ restart: 'on-failure:5' }, 'on-failure'],
    [{ deploy: { restart_policy: {} } }, 'no'],
    [{ deploy: { restart_policy: { condition: 'any' } } }, 'always'],
    [{ deploy: { restart_policy: { condition: 'none' } } }, 'no'],
    [{ restart: 'no', deploy: { restart_policy: { condition: 'any' } } }, 'no'],
  ])('reads the restart policy of %j', (definition, restart) => {
    expect(first(definition)?.restart).toBe(restart)
  })

  it.each([
    [{}, false],
    [{ restart: 'no' }, true],
    [{ restart: 'on-failure:5' }, true],
    [{ restart: 'always' }, false],
    [{ deploy: { restart_policy: { condition: 'none' } } }, true],
    [{ deploy: { restart_policy: { condition: 'any' } } }, false],
  ])('finds whether %j is a job', (definition, isJob) => {
    expect(first(definition)?.isJob).toBe(isJob)
  })

  it.each([
    [undefined, false],
    [{ driver: 'json-file', options: { 'max-file': '3' } }, false],
    [{ options: { 'max-size': '10m' } }, true],
    [{ driver: 'local' }, true],
    [{ driver: 'journald' }, true],
  ])('finds the log limits of %j', (logging, limited) => {
    expect(first({ logging })?.hasLogLimits).toBe(limited)
  })

  it.each([
    [{ network_mode: 'service:vpn' }, false],
    [{ ipc: 'service:vpn' }, false],
    [{ pid: 'service:vpn' }, false],
    [{ volumes_from: ['vpn:ro'] }, false],
    [{ depends_on: { b: { condition: 'service_started', required: false } } }, false],
    [{ depends_on: { b: { condition: 'service_started', required: true } }, network_mode: 'host' }, true],
  ])('knows that the hash of %j is predictable: %s', (definition, predictable) => {
    expect(first(definition)?.hasPredictableHash).toBe(predictable)
  })

  it('gives `up` the time of the slowest stop beside the time to become healthy', () => {
    const services = { a: { image: 'x', stop_grace_period: '1m30s' }, b: { image: 'x' } }
    const parsed = parseComposeConfig(print(services)).services
    expect(upLimit(parsed, 15_000)).toBe(105_000)
    expect(upLimit([], 15_000)).toBe(15_000)
  })

  it('tolerates what it does not know', () => {
    const odd = { image: 'x', brand_new: [{}], ports: ['80'], volumes: null, deploy: null, depends_on: ['b'] }
    expect(first(odd)).toMatchObject({ name: 'a', image: 'x', volumes: [], replicas: 1, dependsOn: [] })
  })

  it('names every problem of every x-deploy block', () => {
    const yaml = [
      'services:',
      '  a:',
      '    x-deploy:',
      '      rolle: app',
      '    image: x',
      '  "1":',
      '    x-deploy: {ready-within: 120, role: boss}',
      'x-other:',
      '  a:',
      '    x-deploy: {nonsense: 1}',
    ].join('\n')
    expect(() => parseComposeConfig(print({ a: {}, 1: {} }, yaml))).toThrow(
      [
        'In the compose file:',
        '- service 1 has x-deploy.role "boss"; choose one of app, accessory',
        '- service 1 has x-deploy.ready-within, which is "120", a number without a unit; write 120s for seconds or 120m for minutes',
        '- service a has an unknown key x-deploy.rolle; did you mean "role"?',
      ].join('\n'),
    )
  })
})
