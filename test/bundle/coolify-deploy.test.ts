import { describe, expect, it, test } from '@jest/globals'
import { messageOf, runningApp, world } from './coolify-world.ts'

const ON = (branch: string) => ({ github: { ref: `refs/heads/${branch}`, ref_name: branch } })

describe('an image that CI has built', () => {
  it('is set, deployed, waited for, and reported with the previous version', async () => {
    await using app = await runningApp()
    await using here = await world([{ fqdn: `${app.url},https://b.example`, docker_registry_image_tag: '1.0.0' }], {
      onDeployed: app.onDeployed,
    })
    const result = await here.deploy({ 'image-tag': '2.0.0', 'health-url': '/health' })
    expect(result).toMatchObject({ exitCode: 0, annotations: [] })
    const [deployment] = here.coolify.deployments
    expect(result.outputs).toMatchObject({
      result: 'deployed',
      'image-tag': '2.0.0',
      'previous-image-tag': '1.0.0',
      status: 'finished',
      'deployment-uuid': deployment?.uuid,
      'deployment-url': `${here.coolify.url}/project/p1/environment/e1/application/a1/deployment/${deployment?.uuid}`,
      url: `${app.url}/health`,
    })
    expect(JSON.parse(result.outputs['deployments'] ?? '')).toMatchObject([
      {
        name: 'shop',
        uuid: 'a1',
        kind: 'application',
        result: 'deployed',
        imageTag: '2.0.0',
        previousImageTag: '1.0.0',
      },
    ])
    expect(here.coolify.runningTag('a1')).toBe('2.0.0')
    expect(app.asked).toContain('/health of 2.0.0')
    expect(result.summary).toContain('shop deployed at 2.0.0, previously 1.0.0')
  })

  test.each([
    ['ghcr.io/acme/shop:sha-abcdef0', 'ghcr.io/acme/shop', 'sha-abcdef0'],
    [`ghcr.io/acme/shop@sha256:${'ab'.repeat(32)}`, 'ghcr.io/acme/shop', `sha256-${'ab'.repeat(32)}`],
  ])('may be a whole reference: %s', async (image, name, tag) => {
    await using here = await world()
    expect((await here.deploy({ image })).outputs).toMatchObject({ result: 'deployed', 'image-tag': tag })
    expect(here.coolify.app('a1')).toMatchObject({ docker_registry_image_name: name, runningTag: tag })
  })

  it('is deployed although it is set already', async () => {
    await using here = await world([{ docker_registry_image_tag: '2.0.0' }])
    const result = await here.deploy({ 'image-tag': '2.0.0' })
    expect(result.outputs).toMatchObject({ result: 'deployed', 'image-tag': '2.0.0' })
    expect(here.changes()).toEqual(['POST /deploy'])
  })
})

describe('a commit', () => {
  const commit = 'ab'.repeat(20)

  it('is pinned for the deployment only', async () => {
    await using here = await world([{ build_pack: 'nixpacks' }])
    const result = await here.deploy({ commit })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': commit } })
    expect(here.coolify.app('a1')).toMatchObject({ git_commit_sha: 'HEAD', runningTag: commit })
  })

  it('is the newest one where none is given', async () => {
    await using here = await world([{ build_pack: 'dockerfile', headCommit: commit }])
    expect((await here.deploy()).outputs).toMatchObject({ result: 'deployed', 'image-tag': commit })
  })
})

describe('where to deploy', () => {
  it('comes from the webhook as Coolify shows it, whose force=false builds with the cache', async () => {
    await using here = await world([{ build_pack: 'nixpacks' }])
    const result = await here.deploy({ webhook: here.coolify.webhook('a1') })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
    expect(here.coolify.deployments).toMatchObject([{ forceRebuild: false, status: 'finished' }])
    expect(here.coolify.requests.filter(({ path }) => path === '/deploy').map(({ method }) => method)).toEqual(['POST'])
  })

  it('comes from the webhook in old versions too', async () => {
    await using here = await world([{ build_pack: 'nixpacks' }], { version: '4.0.0' })
    await here.deploy({ webhook: here.coolify.webhook('a1') })
    expect(here.coolify.deployments).toMatchObject([{ forceRebuild: false }])
  })

  test.each(['', '/', '/api/v1', '/api/v1/'])(
    'comes from the address with "%s" at its end, and the uuid',
    async end => {
      await using here = await world()
      const result = await here.deploy({ 'coolify-url': `${here.coolify.url}${end}`, uuid: 'a1' })
      expect(result.outputs['result']).toBe('deployed')
    },
  )

  it('is all that carries a tag, services too', async () => {
    await using here = await world(
      [{ name: 'api', tags: ['prod'] }, { name: 'web', tags: ['prod'] }, { name: 'other' }],
      { services: [{ uuid: 's1', name: 'umami', tags: ['prod'] }] },
    )
    const result = await here.deploy({ 'coolify-tag': 'prod' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
    const deployments = JSON.parse(result.outputs['deployments'] ?? '') as { name: string; result: string }[]
    expect(deployments.map(({ name, result: end }) => `${name} ${end}`)).toEqual([
      'api deployed',
      'web deployed',
      'umami deployed',
    ])
    expect(here.coolify.deployments).toHaveLength(2)
    expect(here.coolify.instance.services[0]?.starts).toBe(1)
  })

  it('is several at once, and the worst of them is the result', async () => {
    await using here = await world([{ name: 'api' }, { name: 'web', script: ['failed', 'finished'] }, { name: 'job' }])
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    const result = await here.deploy({ uuid: 'a1\na2\na3', 'image-tag': '2.0.0', token })
    expect(result.exitCode).toBe(1)
    const ends = JSON.parse(result.outputs['deployments'] ?? '') as { name: string; result: string }[]
    expect(ends.map(({ name, result: end }) => `${name} ${end}`)).toEqual([
      'api deployed',
      'web rolled-back',
      'job deployed',
    ])
    expect(['a1', 'a2', 'a3'].map(uuid => here.coolify.runningTag(uuid))).toEqual(['2.0.0', '1.0.0', '2.0.0'])
  })

  it('is not two Coolifys with one token', async () => {
    await using here = await world()
    const webhook = `${here.coolify.webhook('a1')}\nhttps://other.example/api/v1/deploy?uuid=b1`
    const result = await here.deploy({ webhook })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toContain('several Coolify instances')
    expect(here.coolify.requests).toHaveLength(0)
  })
})

describe('by branch', () => {
  const staging = { uuid: 'a1', name: 'staging' }
  const production = { uuid: 'a2', name: 'production' }

  test.each([
    ['develop', 'staging'],
    ['main', 'production'],
  ])('%s goes to %s, with the token of that environment', async (branch, name) => {
    await using here = await world([staging, production])
    const [one, other] = [here.coolify.token('deploy', 'read'), here.coolify.token('deploy', 'read')]
    const result = await here.deploy(
      {
        webhook: `develop=${here.coolify.webhook('a1')}\nmain=${here.coolify.webhook('a2')}`,
        token: `develop=${one}\nmain=${other}`,
      },
      ON(branch),
    )
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
    expect(here.coolify.deployments.map(({ app }) => app.name)).toEqual([name])
    const tokens = new Set(here.coolify.requests.map(({ headers }) => headers.authorization))
    expect([...tokens]).toEqual([`Bearer ${branch === 'main' ? other : one}`])
  })

  test.each(['feature/x', 'mainline'])('%s is skipped without an error', async branch => {
    await using here = await world([staging])
    const result = await here.deploy({ webhook: `develop=${here.coolify.webhook('a1')}`, token: '' }, ON(branch))
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'skipped' } })
    expect(here.coolify.requests).toHaveLength(0)
    expect(result.summary).toContain('Skipped: this branch is not deployed')
    expect(result.summary).toContain('`webhook` has lines for develop')
  })

  it('a version tag is skipped', async () => {
    await using here = await world([staging])
    const github = { ref: 'refs/tags/v1.2.3', ref_name: 'v1.2.3', ref_type: 'tag' as const }
    const result = await here.deploy({ uuid: 'main=a1' }, { github })
    expect(result.outputs['result']).toBe('skipped')
  })

  it('a branch whose secret is not set is reported, not skipped', async () => {
    await using here = await world([staging])
    const result = await here.deploy({ webhook: 'main=', token: 'main=' }, ON('main'))
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } })
    expect(messageOf(result)).toContain('secret')
  })
})

describe('a service or a database', () => {
  const others = {
    services: [{ uuid: 's1', name: 'umami' }],
    databases: [{ uuid: 'd1', name: 'pg', status: 'exited:unhealthy' }],
  }

  it('is pulled, started, and looked at until it runs', async () => {
    await using here = await world([], others)
    const result = await here.deploy({ uuid: 's1, d1' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
    expect(here.coolify.instance.services[0]).toMatchObject({ pulls: 1, status: 'running:healthy' })
    expect(here.coolify.instance.databases[0]).toMatchObject({ starts: 1, status: 'running:healthy' })
  })

  it('takes no image tag', async () => {
    await using here = await world([], others)
    const result = await here.deploy({ uuid: 's1', 'image-tag': '2' })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toContain('is a service')
    expect(here.changes()).toEqual([])
  })

  it('fails when it does not come up', async () => {
    await using here = await world([], { services: [{ uuid: 's1', leadsTo: 'degraded:unhealthy' }] })
    const result = await here.deploy({ uuid: 's1', 'health-timeout': '500ms' })
    expect(result.outputs['result']).toBe('failed')
    expect(messageOf(result)).toContain('degraded:unhealthy')
  })
})

describe('a pull request', () => {
  it('gets its preview with the image of CI', async () => {
    await using here = await world()
    const result = await here.deploy({ 'pull-request': '7', 'image-tag': 'pr-7' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': 'pr-7' } })
    expect(here.coolify.deployments).toMatchObject([{ pullRequestId: 7, dockerTag: 'pr-7' }])
    expect(here.coolify.runningTag('a1')).toBe('1.0.0')
  })

  it('that Coolify does not know is reported', async () => {
    await using here = await world([{ build_pack: 'nixpacks' }])
    const result = await here.deploy({ 'pull-request': '7' })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toContain('Pull request 7 not found')
  })
})

describe('without waiting', () => {
  it('ends as soon as Coolify has queued it', async () => {
    await using here = await world([{ script: ['stuck'] }])
    const result = await here.deploy({ wait: 'false', 'image-tag': '2' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'pending', 'previous-image-tag': '1.0.0' } })
    expect(result.outputs['deployment-uuid']).toBe(here.coolify.deployments[0]?.uuid)
    expect(here.coolify.deployments).toMatchObject([{ status: 'in_progress' }])
    const post = await here.deploy({ wait: 'false', 'image-tag': '2' }, { stage: 'post', state: result.state })
    expect(post.exitCode).toBe(0)
    expect(here.coolify.deployments).toMatchObject([{ status: 'in_progress' }])
  })
})

describe('further servers', () => {
  it('get deployments of their own, which are not taken for another run', async () => {
    await using here = await world([{ additionalServers: 1 }])
    const result = await here.deploy({ 'image-tag': '2.0.0' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': '2.0.0' } })
    expect(here.coolify.deployments.map(({ server }) => server)).toEqual([0, 1_000])
  })
})

describe('a dry run', () => {
  it('prints the plan and changes nothing', async () => {
    await using here = await world()
    const result = await here.deploy({ 'dry-run': 'true', 'image-tag': '2.0.0' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'planned' } })
    expect(result.stdout).toContain('1.0.0 → 2.0.0')
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('1.0.0')
    expect(here.coolify.deployments).toHaveLength(0)
  })
})
