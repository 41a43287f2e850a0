import { CoolifyClient } from '@deploy-actions/core/coolify/client'
import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { selfSigned } from '@deploy-actions/testkit/certificates'
import { FakeCoolify, type FakeCoolifyOptions } from '@deploy-actions/testkit/coolify/server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

const SHOP = { uuid: 'shop', name: 'shop', docker_registry_image_tag: '1.0.0' }
const http = createPlainHttpClient({ env: {}, clock: systemClock, userAgent: 'test' })

function clientOf(coolify: FakeCoolify, token = coolify.token('deploy', 'read', 'write'), base = coolify.url) {
  const outage = { interval: 1, tolerance: 5_000 }
  return new CoolifyClient({ http, clock: systemClock, base, token: new Secret(token), outage })
}

/** What a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<CoolifyError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof CoolifyError)) throw new Error(`no CoolifyError: ${String(thrown)}`)
  return thrown
}

const start = (options: FakeCoolifyOptions = {}) => FakeCoolify.start({ apps: [SHOP], ...options })

describe('a deploy by hand', () => {
  it('sets the tag, starts, and reads what came of it', async () => {
    await using coolify = await start({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const client = clientOf(coolify)
    expect((await client.version()).text).toBe('4.3.11')
    await client.setImage('shop', { tag: '2.0.0' })
    const [started] = await client.deploy({ target: { uuid: 'shop' }, force: true })
    const id = started?.outcome.kind === 'queued' ? started.outcome.deploymentUuid : ''
    expect(await client.deployment(id)).toMatchObject({ uuid: id, status: 'in_progress', commit: undefined })
    expect((await client.deployments('shop', 5)).map(({ uuid }) => uuid)).toEqual([id])
    expect(await client.application('shop')).toMatchObject({ image: { tag: '2.0.0' }, buildPack: 'dockerimage' })
  })

  it('asks for JSON, keeps the token in its header, and sends force as JSON', async () => {
    await using coolify = await start()
    const token = coolify.token('deploy')
    await clientOf(coolify, token).deploy({ target: { uuid: 'shop' }, force: false, pullRequest: 7, imageTag: 'pr-7' })
    const [request] = coolify.requests
    expect(request).toMatchObject({ method: 'POST', path: '/deploy', query: {} })
    expect(request?.headers).toMatchObject({ accept: 'application/json', authorization: `Bearer ${token}` })
    expect(JSON.parse(request?.body ?? '')).toEqual({ uuid: 'shop', force: false, pr: 7, docker_tag: 'pr-7' })
  })

  it('finds applications, services and databases by their uuid alone', async () => {
    await using coolify = await start({
      services: [{ uuid: 's', name: 'umami' }],
      databases: [{ uuid: 'd', name: 'pg' }],
    })
    const client = clientOf(coolify)
    const kinds = await Promise.all(['shop', 's', 'd', 'x'].map(async uuid => (await client.resource(uuid))?.kind))
    expect(kinds).toEqual(['application', 'service', 'database', undefined])
  })

  it('cancels, and says whether there was something to cancel', async () => {
    await using coolify = await start({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const client = clientOf(coolify)
    await client.deploy({ target: { uuid: 'shop' }, force: true })
    const id = coolify.deployments[0]?.uuid ?? ''
    expect(await client.cancel(id)).toBe(true)
    expect(await client.cancel(id)).toBe(false)
    expect((await client.deployment(id))?.status).toBe('cancelled-by-user')
  })
})

describe('a refusal', () => {
  it.each([
    ['a token that is none', {}, '9|nope', 'token', /wrong, was deleted, has expired/],
    ['a token without its number', {}, 'nope', 'token', /number and the "\|"/],
    ['an API that is off', { apiEnabled: false }, undefined, 'api-off', /disabled/],
    [
      'a list of addresses',
      { allowedIps: '10.0.0.1' },
      undefined,
      'address-not-allowed',
      /list of allowed IP addresses/,
    ],
  ] as const)('of %s says what to do', async (_, options, token, problem, message) => {
    await using coolify = await start(options)
    const error = await refusal(clientOf(coolify, token ?? coolify.token('read')).version())
    expect(error).toMatchObject({ problem, message: expect.stringMatching(message), next: expect.any(String) })
  })

  it.each([
    ['read', ['deploy'], (client: CoolifyClient) => client.version()],
    ['deploy', ['read'], (client: CoolifyClient) => client.deploy({ target: { uuid: 'shop' }, force: false })],
    ['write', ['read', 'deploy'], (client: CoolifyClient) => client.setImage('shop', { tag: 'x' })],
  ] as const)('names the missing permission %s', async (missing, abilities, call) => {
    await using coolify = await start()
    const error = await refusal(call(clientOf(coolify, coolify.token(...abilities))))
    expect(error).toMatchObject({ problem: 'permission', missing })
  })

  it('of a value names the field', async () => {
    await using coolify = await start()
    const error = await refusal(clientOf(coolify).setImage('shop', { tag: '-x' }))
    expect(error).toMatchObject({ problem: 'invalid', message: expect.stringContaining('docker_registry_image_tag') })
  })

  it('of a full queue says how long to wait', async () => {
    await using coolify = await start({ queueLimit: 0 })
    const error = await refusal(clientOf(coolify).deploy({ target: { uuid: 'shop' }, force: true }))
    expect(error).toMatchObject({ problem: 'queue-full', retryAfter: 60_000 })
  })

  it('tells a call that this version does not know from a resource that is not there', async () => {
    await using old = await start({ version: '4.2.0' })
    const error = await refusal(clientOf(old).rollback('shop', 'a'.repeat(40)))
    expect(error).toMatchObject({ problem: 'no-endpoint', next: 'Update Coolify: 4.3.0 and later have this feature.' })
    await using coolify = await start()
    expect((await refusal(clientOf(coolify).rollback('x', 'a'.repeat(40)))).problem).toBe('not-found')
  })
})

describe('what is in front of Coolify', () => {
  it.each([
    ['cf-challenge', 'not-coolify', /Cloudflare/],
    ['200-html', 'not-coolify', /a web page/],
    ['empty-200', 'not-coolify', /an empty response/],
    ['301', 'not-coolify', /redirected \(301\)/],
  ] as const)('%s is told from Coolify', async (kind, problem, message) => {
    await using coolify = await start()
    coolify.failNext({ kind })
    const error = await refusal(clientOf(coolify).version())
    expect(error).toMatchObject({ problem, message: expect.stringMatching(message) })
  })

  it('never gets the token by a redirect', async () => {
    await using coolify = await start()
    await using other = await start()
    coolify.failNext({ kind: '301', location: `${other.url}/api/v1/deploy` })
    const error = await refusal(clientOf(coolify).deploy({ target: { uuid: 'shop' }, force: true }))
    expect(error.message).toContain(`${other.url}/api/v1/deploy`)
    expect(other.requests).toEqual([])
    expect(coolify.deployments).toEqual([])
  })

  it.each(['500-json', '500-html', '502-html', '503-html', 'reset'] as const)(
    '%s passes, and a question is asked again',
    async kind => {
      await using coolify = await start()
      coolify.failNext({ kind, times: 2 })
      expect((await clientOf(coolify).version()).text).toBe('4.3.11')
    },
  )

  it.each(['reset-after-commit', 'truncated-json'] as const)(
    'is not asked twice to deploy: %s is uncertain',
    async kind => {
      await using coolify = await start()
      coolify.failNext({ kind, path: '/deploy' })
      const error = await refusal(clientOf(coolify).deploy({ target: { uuid: 'shop' }, force: true }))
      expect(error.problem).toBe('uncertain')
      expect(coolify.requests).toHaveLength(1)
      expect(coolify.deployments).toHaveLength(1)
    },
  )

  it('has a certificate that nobody knows: the way out is named', async () => {
    await using coolify = await start({ certificate: await selfSigned({ names: ['127.0.0.1'] }) })
    const error = await refusal(clientOf(coolify).version())
    expect(error).toMatchObject({ problem: 'unsafe', next: expect.stringContaining('NODE_EXTRA_CA_CERTS') })
  })
})

describe('an outage', () => {
  function patientClient(base: string, clock: ManualClock, paused: string[] = []): CoolifyClient {
    const onPause = (thrown: CoolifyError) => void paused.push(thrown.message)
    const outage = { interval: 5_000, tolerance: 180_000, onPause }
    return new CoolifyClient({ http, clock, base, token: new Secret('1|abc'), outage })
  }

  it('that lasts too long ends with the question whether the address is right', async () => {
    const clock = new ManualClock()
    const paused: string[] = []
    const error = await refusal(patientClient('http://127.0.0.1:9', clock, paused).version())
    expect(error).toMatchObject({ problem: 'unavailable', next: expect.stringContaining('address of your Coolify') })
    expect(error.message).toContain('repeated for 3 m')
    expect(paused).toHaveLength(36)
    expect(clock.sleeps.every(ms => ms === 5_000)).toBe(true)
  })

  it('is not what a name that does not exist is', async () => {
    const clock = new ManualClock()
    const error = await refusal(patientClient('http://coolify.invalid', clock).version())
    expect(error.problem).toBe('unavailable')
    expect(clock.sleeps).toEqual([])
  })

  it('is waited out by a deploy only where Coolify certainly has not begun it', async () => {
    await using coolify = await start()
    const clock = new ManualClock()
    const token = new Secret(coolify.token('deploy'))
    const outage = { interval: 5_000, tolerance: 180_000 }
    const client = new CoolifyClient({ http, clock, base: coolify.url, token, outage })
    coolify.failNext({ kind: '503-html', path: '/deploy', times: 3 })
    await client.deploy({ target: { uuid: 'shop' }, force: true })
    expect(coolify.deployments).toHaveLength(1)
    coolify.failNext({ kind: '502-html', path: '/deploy' })
    expect((await refusal(client.deploy({ target: { uuid: 'shop' }, force: true }))).problem).toBe('unavailable')
    expect(coolify.deployments).toHaveLength(1)
  })
})
