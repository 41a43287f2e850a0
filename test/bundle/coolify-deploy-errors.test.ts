import { selfSigned } from '@deploy-actions/testkit/certificates'
import type { FaultKind } from '@deploy-actions/testkit/coolify/faults'
import type { Ability, InstanceOptions } from '@deploy-actions/testkit/coolify/instance'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { describe, expect, it, test } from '@jest/globals'
import { messageOf, world } from './coolify-world.ts'

describe('a token', () => {
  test.each<[Ability[], Record<string, string>, RegExp]>([
    [['deploy'], {}, /permission `read`[\s\S]*Read/],
    [['read'], {}, /no permission `deploy`/],
    [['deploy', 'read'], { 'image-tag': '2' }, /no permission `write`/],
    [['read', 'write'], { 'image-tag': '2' }, /no permission `deploy`/],
  ])('with %j is not enough for %j, and nothing is changed', async (abilities, inputs, words) => {
    await using here = await world()
    const result = await here.deploy({ ...inputs, token: here.coolify.token(...abilities) })
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } })
    expect(messageOf(result)).toMatch(words)
    expect(here.coolify.deployments).toHaveLength(0)
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('1.0.0')
  })

  it('that may only deploy starts it, and does not look', async () => {
    await using here = await world()
    const result = await here.deploy({ wait: 'false', token: here.coolify.token('deploy') })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'pending' } })
    expect(result.outputs['deployment-uuid']).toBe(here.coolify.deployments[0]?.uuid)
  })

  test.each<[string, Partial<InstanceOptions>, RegExp]>([
    ['expired', { tokens: [{ token: '7|old-token-of-ours', user: 1, abilities: ['root'], expired: true }] }, /expire/],
    [
      'of a team that its user has left',
      { tokens: [{ token: '7|old-token-of-ours', user: 1, team: 9, abilities: ['root'] }] },
      /left the team/,
    ],
    [
      'of a plain member',
      {
        users: [{ id: 1, team: 0, role: 'member' }],
        tokens: [{ token: '7|old-token-of-ours', user: 1, abilities: ['deploy', 'read'] }],
      },
      /only a member/,
    ],
  ])('%s', async (_, options, words) => {
    await using here = await world([{}], options)
    const result = await here.deploy({ token: '7|old-token-of-ours' })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toMatch(words)
  })

  it('without its number is reported', async () => {
    await using here = await world()
    const result = await here.deploy({ token: 'abcdefghijklmnop' })
    expect(messageOf(result)).toContain('The number and the "|"')
  })
})

describe('a Coolify that lets nobody in', () => {
  test.each<[Partial<InstanceOptions>, RegExp]>([
    [{ apiEnabled: false }, /API is disabled[\s\S]*API Access/],
    [{ allowedIps: '10.0.0.1' }, /list of allowed IP addresses[\s\S]*self-hosted/],
  ])('because of %j says how to open it', async (options, words) => {
    await using here = await world([{}], options)
    const result = await here.deploy()
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toMatch(words)
  })
})

describe('what is not Coolify', () => {
  test.each<[FaultKind, RegExp]>([
    ['cf-challenge', /Cloudflare[\s\S]*\/api\/v1\//],
    ['200-html', /web page/],
    ['301', /redirected \(301\) to https:[\s\S]*Set the address that starts with https:/],
  ])('%s is named, and gets no more than one call', async (kind, words) => {
    await using here = await world()
    here.coolify.failNext({ kind, times: 100 })
    const result = await here.deploy()
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toMatch(words)
    expect(here.coolify.requests).toHaveLength(1)
    expect(here.coolify.deployments).toHaveLength(0)
  })

  it('a redirect elsewhere does not get the token', async () => {
    const asked: (string | undefined)[] = []
    await using elsewhere = await serve((request, response) => {
      asked.push(request.headers.authorization)
      response.end('{}')
    })
    await using here = await world()
    here.coolify.failNext({ kind: '301', times: 100, location: `${elsewhere.url}/login` })
    expect((await here.deploy()).exitCode).toBe(1)
    expect(asked).toEqual([])
  })

  it('the address of an application is reported', async () => {
    await using app = await serve((_, response) => response.writeHead(404).end('<html>Not here</html>'))
    await using here = await world()
    const result = await here.deploy({ 'coolify-url': app.url, uuid: 'a1' })
    expect(messageOf(result)).toContain('not a Coolify API')
  })

  it('an untrusted certificate is refused, and the token not sent', async () => {
    await using coolify = await FakeCoolify.start({ certificate: await selfSigned({ names: ['127.0.0.1'] }) })
    await using here = await world()
    const result = await here.deploy({ 'coolify-url': coolify.url, uuid: 'a1' })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toMatch(/certificate[\s\S]*NODE_EXTRA_CA_CERTS/)
    expect(coolify.requests).toHaveLength(0)
  })

  it('an unreachable address', async () => {
    await using here = await world()
    const result = await here.deploy({ 'coolify-url': 'http://127.0.0.1:9', uuid: 'a1', 'wait-timeout': '1s' })
    expect(messageOf(result)).toContain('cannot be reached')
  })
})

describe('while deploying', () => {
  test.each<[FaultKind]>([
    ['reset'],
    ['500-json'],
    ['500-html'],
    ['502-html'],
    ['503-html'],
    ['empty-200'],
    ['truncated-json'],
  ])('%s to a look is looked over', async kind => {
    await using here = await world([{}], { timing: { runMs: 300 } })
    here.coolify.failNext({ kind, path: /^\/deployments\/[a-z0-9]{24}$/, times: 2 })
    expect(await here.deploy({ 'image-tag': '2' })).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
  })

  test.each<[FaultKind]>([['reset'], ['reset-after-commit'], ['500-json'], ['502-html'], ['truncated-json']])(
    '%s to the deploy itself leads to one version that runs',
    async kind => {
      await using here = await world()
      here.coolify.failNext({ kind, path: '/deploy', method: 'POST' })
      const result = await here.deploy()
      expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
      const stored = here.coolify.deployments.filter(({ status }) => status === 'finished')
      expect(stored.map(({ uuid }) => uuid)).toContain(result.outputs['deployment-uuid'])
    },
  )

  it('an answer that comes late, or never, to a look is looked over', async () => {
    await using here = await world([{ script: ['stuck'] }])
    const look = /^\/deployments\/[a-z0-9]{24}$/
    here.coolify.failNext({ kind: 'slow', ms: 500, path: look })
    here.coolify.failNext({ kind: 'hang', path: look })
    const deploying = here.deploy({ 'image-tag': '2' })
    while (here.coolify.requests.filter(({ path }) => look.test(path)).length < 3) {
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    expect(await deploying).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
  })

  it('an answer that is lost after the work was done does not deploy twice', async () => {
    await using here = await world()
    here.coolify.failNext({ kind: 'reset-after-commit', path: '/deploy' })
    await here.deploy({ 'image-tag': '1.0.0' })
    expect(here.coolify.deployments).toHaveLength(1)
  })
})

describe('versions', () => {
  test.each([
    '4.0.0-beta.440',
    '4.0.0-beta.454',
    '4.0.0-beta.466',
    '4.0.0',
    '4.1.2',
    '4.2.0',
    '4.3.6',
    '4.3.11',
    '4.3.12',
  ])('%s deploys an image', async version => {
    await using here = await world([{}], { version })
    const result = await here.deploy({ 'image-tag': '2.0.0' })
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { result: 'deployed', 'image-tag': '2.0.0', status: 'finished' },
    })
    expect(here.coolify.runningTag('a1')).toBe('2.0.0')
  })

  test.each([
    ['4.0.0', { commit: 'ab'.repeat(20) }, 'nixpacks'],
    ['4.0.0-beta.440', { 'pull-request': '7', 'image-tag': 'x' }, 'dockerimage'],
  ] as const)('%s cannot do %j, and says which can', async (version, inputs, build_pack) => {
    await using here = await world([{ build_pack }], { version })
    const result = await here.deploy(inputs)
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toMatch(/4\.\d\.\d/)
    expect(here.changes()).toEqual([])
  })
})

describe('bad input', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ token: '' }, /token.*empty/],
    [{ uuid: 'a1', 'coolify-tag': 'prod' }, /use only one of them/],
    [{ webhook: 'http://127.0.0.1:9/x', token: 'a b' }, /token[\s\S]*webhook|webhook[\s\S]*token/],
    [{ 'image-tag': 'a:b' }, /image-tag/],
    [{ commit: 'abc' }, /full SHA/],
    [{ 'wait-timeout': '30' }, /wait-timeout/],
    [{ 'image-tag': '1', commit: 'ab'.repeat(20) }, /too/],
  ])('%j', async (inputs, words) => {
    await using here = await world()
    const result = await here.deploy(inputs)
    expect(result).toMatchObject({
      exitCode: 1,
      outputs: { result: 'failed', reason: expect.stringMatching(/^[^\n]*`[\w-]+`[^\n]*$/) },
    })
    expect(messageOf(result)).toMatch(words)
    expect(here.coolify.requests).toHaveLength(0)
  })

  test.each([
    [{ uuid: 'nobody' }, /no application, service or database nobody/],
    [{ uuid: 'a1', 'image-tag': '2', 'health-url': '/x' }, /has no domain/],
  ])('that only Coolify can tell: %j', async (inputs, words) => {
    await using here = await world()
    const result = await here.deploy(inputs)
    expect(messageOf(result)).toMatch(words)
    expect(here.changes()).toEqual([])
  })
})
