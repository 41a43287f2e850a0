import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, test } from '@jest/globals'
import { type CoolifyWorld, messageOf, world } from './coolify-world.ts'

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3_000 && !isSo(); tries++) await pause(10)
  expect(isSo()).toBe(true)
}

const statuses = (here: CoolifyWorld) => here.coolify.deployments.map(({ status }) => status)

/** Asks as somebody else would: another run, or a person. */
async function post(here: CoolifyWorld, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${here.token}`, accept: 'application/json' }
  const response = await fetch(`${here.coolify.url}/api/v1${path}`, { method: 'POST', headers })
  expect(response.status).toBe(200)
}

/** Until the action looks at the n-th deployment by its id: before that it has not yet seen what is there. */
async function watched({ coolify }: CoolifyWorld, index: number): Promise<void> {
  await until(() => coolify.requests.some(({ path }) => path === `/deployments/${coolify.deployments[index]?.uuid}`))
}

/** The ids that were looked for and never stored: the answer to a duplicate carries one. */
function phantomsAskedFor({ coolify }: CoolifyWorld): string[] {
  const stored = new Set(coolify.deployments.map(({ uuid }) => uuid))
  const asked = coolify.requests.flatMap(({ path }) => /^\/deployments\/([a-z0-9]{24})$/.exec(path)?.[1] ?? [])
  return asked.filter(uuid => !stored.has(uuid))
}

/** Until it has read what to deploy. */
async function deployBefore(here: CoolifyWorld, uuid: string): Promise<void> {
  await post(here, `/deploy?uuid=${uuid}`)
  await until(() =>
    here.coolify.deployments.some(({ effectiveTag, app }) => app.uuid === uuid && effectiveTag !== null),
  )
}

describe('while another deployment runs', () => {
  it('an image is queued behind it, and is what runs in the end', async () => {
    await using here = await world([{ script: ['stuck', 'finished'] }])
    await deployBefore(here, 'a1')
    const deploying = here.deploy({ 'image-tag': '2.0.0' })
    await until(() => here.coolify.deployments.length === 2)
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    expect(await deploying).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': '2.0.0' } })
    expect(here.coolify.runningTag('a1')).toBe('2.0.0')
  })

  it('a build that Coolify skips is waited for, and deployed again', async () => {
    // Neither resolves its commit before it ends, so both are HEAD in Coolify.
    await using here = await world([{ build_pack: 'nixpacks' }], { timing: { startMs: 600_000 } })
    await post(here, '/deploy?uuid=a1')
    const deploying = here.deploy()
    await watched(here, 0)
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    const newest = 'bb'.repeat(20)
    here.coolify.app('a1').headCommit = newest
    await until(() => here.coolify.deployments.length === 2)
    await here.coolify.finish(here.coolify.deployments[1]?.uuid ?? '')
    const result = await deploying
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': newest } })
    expect(result.stdout).toContain('skipped the deployment')
    expect(phantomsAskedFor(here)).toEqual([])
  })

  it('a build of the wanted commit is watched, and not started again', async () => {
    const commit = 'ab'.repeat(20)
    await using here = await world([{ build_pack: 'nixpacks', git_commit_sha: commit, script: ['stuck'] }])
    await deployBefore(here, 'a1')
    const deploying = here.deploy()
    await watched(here, 0)
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    const result = await deploying
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', 'image-tag': commit } })
    expect(result.outputs['deployment-uuid']).toBe(here.coolify.deployments[0]?.uuid)
    expect(here.coolify.deployments).toHaveLength(1)
    expect(phantomsAskedFor(here)).toEqual([])
  })

  it('one that was set to another version meanwhile is superseded', async () => {
    await using here = await world([{ script: ['stuck'] }])
    const deploying = here.deploy({ 'image-tag': '2.0.0' })
    await until(() => here.coolify.deployments[0]?.effectiveTag === '2.0.0')
    here.coolify.app('a1').docker_registry_image_tag = '3.0.0'
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    const result = await deploying
    expect(result.outputs['result']).toBe('superseded')
    expect(messageOf(result)).toContain('3.0.0')
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('3.0.0')
  })
})

describe('a full queue', () => {
  const apps = [{ script: ['stuck' as const] }, { script: ['finished' as const] }, {}]
  const small = { concurrentBuilds: 1, queueLimit: 1 }

  it('is waited for as long as it names', async () => {
    await using here = await world(apps, { ...small, queueRetryAfter: 1 })
    await deployBefore(here, 'a1')
    await post(here, '/deploy?uuid=a2')
    const deploying = here.deploy({ uuid: 'a3' })
    await until(() => here.coolify.requests.some(({ status }) => status === 429))
    await here.coolify.finish(here.coolify.deployments[0]?.uuid ?? '')
    expect(await deploying).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
  })

  it('that does not empty in time is reported, and the setting is restored', async () => {
    await using here = await world(apps, small)
    await deployBefore(here, 'a1')
    await post(here, '/deploy?uuid=a2')
    const result = await here.deploy({ uuid: 'a3', 'image-tag': '2.0.0', 'wait-timeout': '2s' })
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } })
    expect(messageOf(result)).toContain('queue is full')
    expect(here.coolify.app('a3').docker_registry_image_tag).toBe('1.0.0')
  })
})

describe('a time limit', () => {
  test.each([
    ['cancel', 'cancelled-by-user'],
    ['keep', 'in_progress'],
  ])('with on-timeout: %s leaves it %s', async (onTimeout, status) => {
    await using here = await world([{ script: ['stuck', 'finished'] }])
    const result = await here.deploy({ 'image-tag': '2', 'wait-timeout': '1s', 'on-timeout': onTimeout })
    expect(result.exitCode).not.toBe(0)
    expect(messageOf(result)).toContain('wait-timeout')
    expect(statuses(here)[0]).toBe(status)
  })

  it('behind a stuck deployment names it', async () => {
    await using here = await world([{ script: ['stuck'] }])
    await deployBefore(here, 'a1')
    const result = await here.deploy({ 'image-tag': '2', 'wait-timeout': '1s' })
    expect(messageOf(result)).toMatch(/still queued.*stuck/s)
    expect(statuses(here)).toEqual(['in_progress', 'cancelled-by-user'])
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('1.0.0')
  })

  test.each(['4.3.11', '4.3.6', '4.0.0'])('is kept by %s, whatever it responds to a cancel', async version => {
    await using here = await world([{ script: ['stuck', 'finished'] }], { version })
    const result = await here.deploy({ 'image-tag': '2', 'wait-timeout': '1s' })
    expect(statuses(here)[0]).toBe('cancelled-by-user')
    expect(messageOf(result)).toContain('was cancelled')
  })
})

describe('a cancelled run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s cancels the deployment and restores the setting', async signal => {
    await using here = await world([{ script: ['stuck'] }])
    const result = await here.deploy({ 'image-tag': '2' }, { signalAfter: { output: /in_progress/, signal } })
    expect(result.exitCode).not.toBe(0)
    expect(statuses(here)).toEqual(['cancelled-by-user'])
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('1.0.0')
    const post = await here.deploy({ 'image-tag': '2' }, { stage: 'post', state: result.state, jobStatus: 'cancelled' })
    expect(post.exitCode).toBe(0)
  })

  it('that is killed leaves the undo to the post step', async () => {
    await using here = await world([{ script: ['stuck'] }])
    const result = await here.deploy(
      { 'image-tag': '2' },
      { signalAfter: { output: /in_progress/, signal: 'SIGKILL' } },
    )
    expect(result.signal).toBe('SIGKILL')
    expect(statuses(here)).toEqual(['in_progress'])
    const post = await here.deploy({ 'image-tag': '2' }, { stage: 'post', state: result.state, jobStatus: 'cancelled' })
    expect(post.exitCode).toBe(0)
    expect(statuses(here)).toEqual(['cancelled-by-user'])
    expect(here.coolify.app('a1').docker_registry_image_tag).toBe('1.0.0')
    expect(post.stdout).toContain('cancelled in Coolify')
  })

  it('changes nothing after the end', async () => {
    await using here = await world()
    const result = await here.deploy({ 'image-tag': '2' })
    const before = here.coolify.requests.length
    const post = await here.deploy({ 'image-tag': '2' }, { stage: 'post', state: result.state })
    expect(post.exitCode).toBe(0)
    expect(here.coolify.requests).toHaveLength(before)
  })
})

describe('the throttle', () => {
  it('is waited for', async () => {
    await using here = await world([{}], { rateLimit: 6, rateWindowMs: 1_000 })
    const result = await here.deploy({ 'image-tag': '2', 'health-timeout': '30s' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } })
    expect(here.coolify.requests.some(({ status }) => status === 429)).toBe(true)
    expect(here.coolify.deployments).toHaveLength(1)
  })
})
