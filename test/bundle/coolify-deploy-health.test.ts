import type { Outcome } from '@deploy-actions/testkit/coolify/resources'
import { describe, expect, it, test } from '@jest/globals'
import { messageOf, runningApp, world } from './coolify-world.ts'

const tags = (here: {
  coolify: { app(uuid: string): { docker_registry_image_tag: string | null }; runningTag(uuid: string): string | null }
}) => [here.coolify.app('a1').docker_registry_image_tag, here.coolify.runningTag('a1')]

describe('finished is not healthy', () => {
  it('so a healthy one is waited for until Coolify has looked', async () => {
    await using here = await world([{}], { timing: { statusLagMs: 800 } })
    const result = await here.deploy({ 'image-tag': '2' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
  })

  test.each<[Outcome]>([['crash-after'], ['crash-later']])('so one that ends in %s is rolled back', async outcome => {
    await using here = await world([{ script: [outcome, 'finished'] }])
    const result = await here.deploy({ 'image-tag': '2', 'health-timeout': '2s', 'stable-for': '1s' })
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({
      result: 'rolled-back',
      'image-tag': '1.0.0',
      'previous-image-tag': '1.0.0',
      'failed-image-tag': '2',
      reason: expect.stringMatching(/^shop is unhealthy: .*exited:unhealthy.*rolled back to 1\.0\.0/),
    })
    expect(result.summary).toMatch(/Failed release[\s\S]*\| 2 \|/)
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(messageOf(result)).toContain('exited:unhealthy')
  })

  it('and kept with on-failure: keep', async () => {
    await using here = await world([{ script: ['crash-after'] }])
    const result = await here.deploy({ 'image-tag': '2', 'health-timeout': '1s', 'on-failure': 'keep' })
    expect(result).toMatchObject({ exitCode: 2, outputs: { result: 'failed' } })
    expect(tags(here)).toEqual(['2', '2'])
  })

  it('and its health URL must return 2xx, resolved against the domain', async () => {
    await using app = await runningApp(['2'])
    await using here = await world([{ fqdn: app.url }], { onDeployed: app.onDeployed })
    const result = await here.deploy({ 'image-tag': '2', 'health-url': '/health' })
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ result: 'rolled-back', 'image-tag': '1.0.0' })
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(app.asked.at(-1)).toBe('/health of 1.0.0')
    expect(messageOf(result)).toContain('500')
  })

  it('and a rollback to an unhealthy version exits with status 2', async () => {
    await using app = await runningApp(['2', '1.0.0'])
    await using here = await world([{ fqdn: app.url }], { onDeployed: app.onDeployed })
    const result = await here.deploy({ 'image-tag': '2', 'health-url': `${app.url}/health` })
    expect(result).toMatchObject({ exitCode: 2, outputs: { result: 'rollback-failed' } })
  })
})

describe('a deployment that does not finish', () => {
  test.each<[Outcome, RegExp]>([
    ['failed', /manifest unknown/],
    ['unhealthy', /did not become healthy/],
  ])('%s leaves the previous version, and the setting is restored', async (outcome, words) => {
    await using here = await world([{ script: [outcome] }], { timing: { logDelayMs: 30 } })
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    const result = await here.deploy({ 'image-tag': '2', token })
    expect(result).toMatchObject({
      exitCode: 1,
      outputs: { result: 'rolled-back', 'image-tag': '1.0.0', status: 'failed' },
    })
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(here.coolify.deployments).toHaveLength(1)
    expect(messageOf(result)).toMatch(words)
  })

  it('shows the last lines of its log, but nothing hidden', async () => {
    await using here = await world([{ script: ['failed'], logLines: ['Pulling the image'] }])
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    const result = await here.deploy({ 'image-tag': '2', token })
    expect(result.stdout).toContain('Pulling the image')
    expect(result.stdout).not.toContain('docker login')
    expect(result.summary).toContain('manifest unknown')
  })

  it('reports where the log is when the token has no permission to read it', async () => {
    await using here = await world([{ script: ['failed'] }])
    const result = await here.deploy({ 'image-tag': '2' })
    expect(messageOf(result)).toContain('read:sensitive')
  })

  it('that a person cancelled is reported', async () => {
    await using here = await world([{ script: ['stuck'] }])
    const deploying = here.deploy({ 'image-tag': '2' })
    for (;;) {
      const [deployment] = here.coolify.deployments
      if (deployment && here.coolify.instance.queue.settle(deployment, 'cancelled-by-user')) break
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const result = await deploying
    expect(result).toMatchObject({ exitCode: 2, outputs: { status: 'cancelled-by-user' } })
    expect(messageOf(result)).toContain('was cancelled in Coolify')
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
  })

  it('because Coolify restarts is found out when it is back', async () => {
    await using here = await world([{ script: ['restart-coolify'] }])
    const result = await here.deploy({ 'image-tag': '2' })
    expect(result).toMatchObject({ exitCode: 2, outputs: { status: 'failed' } })
    expect(here.coolify.requests.some(({ status }) => status === 503)).toBe(true)
  })
})

describe('the log', () => {
  it('is watched where the token allows', async () => {
    await using here = await world([{ logLines: ['Step 1 of 2', '::error::no command', `token=${'x'.repeat(30)}`] }])
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    const result = await here.deploy({ 'image-tag': '2', logs: 'follow', token })
    expect(result.stdout).toContain('Step 1 of 2')
    expect(result.stdout.match(/Step 1 of 2/g)).toHaveLength(1)
    expect(result.stdout).not.toContain('docker login')
    expect(result.annotations).toEqual([])
  })

  it('is reported as unavailable otherwise', async () => {
    await using here = await world()
    const result = await here.deploy({ 'image-tag': '2', logs: 'follow' })
    expect(result.annotations).toMatchObject([{ level: 'notice', message: expect.stringContaining('read:sensitive') }])
  })

  it('can contain the token, which is not shown', async () => {
    const logLines: string[] = []
    await using here = await world([{ script: ['failed'], logLines }])
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    logLines.push(`curl -H "Authorization: Bearer ${token}"`)
    const result = await here.deploy({ 'image-tag': '2', logs: 'follow', token })
    expect(result.stdout).toContain('curl -H')
  })
})

describe('a rollback', () => {
  it('to the previous image, by what the server has', async () => {
    await using here = await world()
    await here.deploy({ 'image-tag': '2.0.0' })
    const result = await here.deploy({ mode: 'rollback', to: 'previous' })
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { result: 'rolled-back', 'image-tag': '1.0.0', 'previous-image-tag': '2.0.0' },
    })
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
  })

  test.each(['4.3.11', '4.3.12', '4.2.0', '4.0.0-beta.440'])('to a tag, in %s', async version => {
    await using here = await world([{ docker_registry_image_tag: '2.0.0' }], { version })
    const result = await here.deploy({ mode: 'rollback', to: '1.0.0' })
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { result: 'rolled-back', 'image-tag': '1.0.0', 'previous-image-tag': '2.0.0' },
    })
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
  })

  test.each([
    ['4.3.11', 'previous'],
    ['4.3.11', 'aaaaaaa'],
    ['4.2.0', 'previous'],
    ['4.2.0', 'a'.repeat(40)],
  ])('of a build from git, in %s, to %s', async (version, to) => {
    const [old, bad] = ['a'.repeat(40), 'b'.repeat(40)]
    await using here = await world([{ build_pack: 'nixpacks', headCommit: old }], { version })
    await here.deploy()
    here.coolify.app('a1').headCommit = bad
    await here.deploy()
    expect(here.coolify.runningTag('a1')).toBe(bad)
    const result = await here.deploy({ mode: 'rollback', to: to })
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { result: 'rolled-back', 'image-tag': old, 'previous-image-tag': bad },
    })
    expect(here.coolify.app('a1')).toMatchObject({ git_commit_sha: 'HEAD', runningTag: old })
  })

  it('to an unknown version is refused with the next step', async () => {
    await using here = await world([{}], { version: '4.2.0' })
    const result = await here.deploy({ mode: 'rollback', to: 'previous' })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toContain('previous-image-tag')
    expect(here.changes()).toEqual([])
  })

  it('that never ran leaves the setting unchanged', async () => {
    await using here = await world([{ docker_registry_image_tag: '2.0.0', script: ['failed'] }])
    const token = here.coolify.token('deploy', 'read', 'write', 'read:sensitive')
    const result = await here.deploy({ mode: 'rollback', to: '1.0.0', token })
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed', 'image-tag': '2.0.0' } })
    expect(tags(here)).toEqual(['2.0.0', '2.0.0'])
  })

  it('to an unhealthy version exits with status 2', async () => {
    await using here = await world([{ docker_registry_image_tag: '2.0.0', script: ['crash-after'] }])
    const result = await here.deploy({ mode: 'rollback', to: '1.0.0' })
    expect(result).toMatchObject({ exitCode: 2, outputs: { result: 'rollback-failed' } })
  })
})
