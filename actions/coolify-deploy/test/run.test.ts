import { systemClock } from '@deploy-actions/core/runner/clock'
import type { Outcome } from '@deploy-actions/testkit/coolify/resources'
import { describe, expect, it } from '@jest/globals'
import { summaryOf } from '../src/report.ts'
import { undoAll } from '../src/undo.ts'
import { parseUndoLog } from '../src/undo-log.ts'
import { failSecondPatch, NEW, SHOP, stage, state } from './fixture.ts'
import { inputsOf } from './read-inputs.ts'

describe('an unhealthy version', () => {
  it('is kept where nothing ran before', async () => {
    await using here = await stage({ apps: [{ ...SHOP, status: 'exited', script: ['crash-after'] }] })
    const outcome = await here.run(NEW)
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 2 } })
    expect(outcome.failure?.message).toContain('It was exited before, so there is no version to roll back to')
    expect(here.coolify.deployments).toHaveLength(1)
  })

  it('has its setting restored where nothing ran before and nothing runs now', async () => {
    await using here = await stage({ apps: [{ ...SHOP, status: 'exited', script: ['failed'] }] })
    expect(await here.run(NEW)).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(state(here)[0]).toBe('sha-0000001')
  })

  it('is rolled back also when Coolify had not yet checked the previous version', async () => {
    await using here = await stage({
      apps: [{ ...SHOP, status: 'running:unhealthy', script: ['crash-after', 'finished'] }],
    })
    expect(await here.run(NEW)).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
  })

  it('is rolled back when the failed deployment stopped the previous version', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['failed', 'finished'] }] })
    here.answers.splice(0, 1, ...Array.from({ length: 3 }, () => 'responded with 502'), undefined)
    const outcome = await here.run({ ...NEW, 'health-url': 'https://shop.example/health' })
    expect(outcome).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(here.coolify.deployments.map(({ status }) => status)).toEqual(['failed', 'finished'])
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
  })

  it('cannot be rolled back without a new tag', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['crash-after'] }] })
    const outcome = await here.run()
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 2 } })
    expect(outcome.failure?.message).toContain('It cannot be rolled back: the tag sha-0000001 did not change')
  })

  it('has its setting restored after a rollback that never ran', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['failed'] }] })
    const outcome = await here.run({ mode: 'rollback', to: 'sha-gone000' })
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain(
      'The previous version still runs (sha-0000001), verified by the log of the deployment, which started no new container. shop is set to tag sha-0000001',
    )
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
  })

  it('exits with status 2 when the rollback is unhealthy too', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['crash-after'] }] })
    const outcome = await here.run({ mode: 'rollback', to: 'sha-0000000' })
    expect(outcome).toMatchObject({ result: 'rollback-failed', failure: { exitStatus: 2 } })
    expect(state(here)[0]).toBe('sha-0000000')
  })

  it('is shown with the last lines of its container', async () => {
    await using here = await stage({ apps: [{ ...SHOP, containerLogs: 'Error: MONGODB_URI is not set\n' }] })
    here.answers[0] = 'responded with 500'
    const outcome = await here.run({ ...NEW, 'health-url': '/health', 'on-failure': 'keep' })
    expect(outcome.results[0]?.problem?.lines).toEqual(['Error: MONGODB_URI is not set'])
    const summary = summaryOf(outcome, here.coolify.url, [], text => text)
    expect(summary).toContain('```text\nError: MONGODB_URI is not set\n```')
    expect(summary).toContain('| Resource | Result | Runs now | Ran before | Failed release | Deployment |')
    expect(summary).toContain('| ❌ failed | - | sha-0000001 | sha-0000002 | [finished](')
    expect(state(here)).toEqual(['sha-0000002', 'sha-0000002'])
  })

  it('on another server rolls back the first one too', async () => {
    await using here = await stage({
      apps: [{ ...SHOP, additionalServers: 1, script: ['finished', 'failed', 'finished'] }],
    })
    const outcome = await here.run(NEW)
    expect(outcome).toMatchObject({ result: 'rolled-back' })
    expect(outcome.failure?.message).toContain('On another server')
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
  })
})

describe('after a deployment that Coolify calls failed', () => {
  const failedRunning = { ...SHOP, script: ['failed-running', 'finished'] as Outcome[] }

  it('nothing is claimed about the running version unless it was verified', async () => {
    await using here = await stage({ apps: [failedRunning] })
    const outcome = await here.run(NEW)
    expect(here.coolify.runningTag('shop')).toBe('sha-0000002')
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 2 }, results: [{ version: undefined }] })
    expect(outcome.failure?.message).toContain('Coolify reports `failed`; the running version was not verified.')
    expect(outcome.failure?.message).not.toMatch(/still runs/)
    expect(outcome.failure?.next).toContain('`health-url`')
  })

  it('the new version is rolled back where it runs nevertheless, by the image of its container', async () => {
    await using here = await stage({ apps: [{ ...failedRunning, hasConsistentName: true }] })
    expect(await here.run(NEW)).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
    expect(here.coolify.deployments).toHaveLength(2)
  })

  it('and by what the health URL shows', async () => {
    await using here = await stage({ apps: [failedRunning] })
    here.page = () => `{"version":"${here.coolify.runningTag('shop')}"}`
    const given = { ...NEW, 'health-url': 'https://shop.example/version' }
    expect(await here.run(given)).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
  })

  it.each([{}, { 'on-failure': 'keep' }])(
    'the previous version is named where the health URL shows it: %j',
    async more => {
      await using here = await stage({ apps: [{ ...SHOP, script: ['failed'], logLines: ['Rolling update started.'] }] })
      here.page = () => 'version sha-0000001'
      const token = here.coolify.token('deploy', 'read', 'write')
      const outcome = await here.run({ ...NEW, ...more, token, 'health-url': '/version' })
      expect(outcome).toMatchObject({ failure: { exitStatus: 1 }, results: [{ version: 'sha-0000001' }] })
      expect(outcome.failure?.message).toContain('verified by the response of `health-url`')
      expect(here.coolify.deployments).toHaveLength(1)
    },
  )

  it.each(['rollback', 'keep'])('a run without the log does not know it: on-failure %s', async onFailure => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['failed'] }] })
    const token = here.coolify.token('deploy', 'read', 'write')
    const outcome = await here.run({ ...NEW, token, 'on-failure': onFailure })
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 2 } })
    expect(state(here)[0]).toBe('sha-0000001')
  })

  it('a rollback does not claim that it was not reached', async () => {
    await using here = await stage({ apps: [failedRunning] })
    const outcome = await here.run({ mode: 'rollback', to: 'sha-0000000' })
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 2 } })
    expect(outcome.failure?.message).toContain('the running version was not verified')
  })
})

describe('the setting', () => {
  it('is restored when the deployment cannot be started', async () => {
    await using here = await stage({ queueLimit: 0 })
    const outcome = await here.run({ ...NEW, 'wait-timeout': '1s' })
    expect(outcome).toMatchObject({ result: 'failed', failure: { title: "Coolify's queue is full", exitStatus: 1 } })
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
    expect(here.savedLogs.at(-1)).toContain('"entries":[]')
  })

  it('is left alone when somebody has set something else in the meantime', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const running = here.run({ ...NEW, 'wait-timeout': '2s' })
    while (here.coolify.deployments.length === 0) await systemClock.sleep(5)
    here.coolify.app('shop').docker_registry_image_tag = 'sha-0000003'
    expect(await running).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(state(here)[0]).toBe('sha-0000003')
  })

  it('is left to a deployment that somebody else has begun in the meantime', async () => {
    await using here = await stage({
      apps: [{ ...SHOP, build_pack: 'nixpacks', script: ['finished', 'stuck', 'stuck'] }],
    })
    await here.run()
    here.coolify.app('shop').headCommit = 'b'.repeat(40)
    const running = here.run()
    while (here.coolify.deployments[1]?.status !== 'in_progress') await systemClock.sleep(5)
    const headers = { authorization: `Bearer ${here.coolify.token('deploy')}`, accept: 'application/json' }
    await fetch(`${here.coolify.url}/api/v1/deploy?uuid=shop&force=1`, { method: 'POST', headers })
    await here.coolify.finish(here.coolify.deployments[1]?.uuid ?? '', 'failed')
    const outcome = await running
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain('nothing was rolled back')
    expect(here.coolify.deployments).toHaveLength(3)
  })

  it('is left to a build of another commit that has finished in the meantime', async () => {
    await using here = await stage({ apps: [{ ...SHOP, build_pack: 'nixpacks' }] })
    await here.run()
    here.coolify.app('shop').headCommit = 'b'.repeat(40)
    const running = here.run({ 'health-url': '/health', 'health-timeout': '20s', 'health-attempts': '200' })
    here.answers[0] = 'responded with 502'
    while (here.coolify.deployments[1]?.status !== 'finished') await systemClock.sleep(5)
    here.coolify.app('shop').headCommit = 'c'.repeat(40)
    const headers = { authorization: `Bearer ${here.coolify.token('deploy')}`, accept: 'application/json' }
    await fetch(`${here.coolify.url}/api/v1/deploy?uuid=shop`, { method: 'POST', headers })
    const outcome = await running
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(here.coolify.deployments).toHaveLength(3)
    while (here.coolify.deployments[2]?.status !== 'finished') await systemClock.sleep(5)
    expect(here.coolify.runningTag('shop')).toBe('c'.repeat(40))
  })

  it('stays in the undo log for the post step when it could not be restored', async () => {
    await using here = await stage({ queueLimit: 0 })
    failSecondPatch(here)
    expect(await here.run({ ...NEW, 'wait-timeout': '1s' })).toMatchObject({ result: 'failed' })
    expect(state(here)[0]).toBe('sha-0000002')
    expect(parseUndoLog(here.savedLogs.at(-1) ?? '').entries).toMatchObject([
      { uuid: 'shop', change: { kind: 'image' } },
    ])
  })

  it('is savedLogs for the post part, which puts it in order', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const running = here.run(NEW).catch(thrown => thrown)
    while (here.coolify.deployments[0]?.status !== 'in_progress') await systemClock.sleep(5)
    while (!here.savedLogs.at(-1)?.includes('"deployment"')) await systemClock.sleep(5)
    const { entries: open } = parseUndoLog(here.savedLogs.at(-1) ?? '')
    expect(open).toMatchObject([
      { uuid: 'shop', deployment: here.coolify.deployments[0]?.uuid, change: { kind: 'image' } },
    ])
    const token = here.coolify.token('deploy', 'read', 'write')
    const { uninterrupted } = here.world(inputsOf({ webhook: here.coolify.webhook('shop'), token }))
    expect(await undoAll(open, uninterrupted, here.log, () => {})).toEqual([
      'The deployment of shop was cancelled in Coolify.',
      'shop is set to tag sha-0000001 again.',
    ])
    await running
  })

  it('is restored also when the run was killed before it knew its deployment', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const running = here.run(NEW).catch(thrown => thrown)
    while (!here.savedLogs.at(-1)?.includes('"deployment"')) await systemClock.sleep(5)
    const { entries: open } = parseUndoLog(here.savedLogs[0] ?? '')
    expect(open[0]).not.toHaveProperty('deployment')
    const token = here.coolify.token('deploy', 'read', 'write')
    const { uninterrupted } = here.world(inputsOf({ webhook: here.coolify.webhook('shop'), token }))
    await undoAll(open, uninterrupted, here.log, () => {})
    expect(here.coolify.deployments[0]?.status).toBe('cancelled-by-user')
    expect(state(here)[0]).toBe('sha-0000001')
    await running
  })

  it.each([
    ['keep', 'failed'],
    ['rollback', 'rolled-back'],
  ])('does not stay set when it never came to run, with on-failure: %s', async (onFailure, result) => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['failed'] }] })
    const outcome = await here.run({ ...NEW, 'on-failure': onFailure })
    expect(outcome).toMatchObject({ result, failure: { exitStatus: 1 } })
    expect(state(here)).toEqual(['sha-0000001', 'sha-0000001'])
    expect(here.coolify.deployments).toHaveLength(1)
  })

  it('is restored when the run is cancelled, also while it waits', async () => {
    await using here = await stage({ apps: [{ ...SHOP, script: ['stuck'] }] })
    const running = here.run(NEW)
    while (here.coolify.deployments[0]?.status !== 'in_progress') await systemClock.sleep(5)
    here.controller.abort(new Error('The run was cancelled.'))
    await expect(running).rejects.toThrow(
      'The run was cancelled. The deployment of shop was cancelled in Coolify. shop is set to tag sha-0000001 again.',
    )
    expect(here.coolify.deployments[0]?.status).toBe('cancelled-by-user')
    expect(here.savedLogs.at(-1)).toContain('"entries":[]')
  })

  it('is not deployed any more once the run is cancelled', async () => {
    await using here = await stage()
    here.coolify.failNext({ kind: 'slow', ms: 200, method: 'PATCH', path: '/applications/shop' })
    const running = here.run(NEW)
    while (!here.coolify.requests.some(({ method }) => method === 'PATCH')) await systemClock.sleep(5)
    here.controller.abort(new Error('The run was cancelled.'))
    await expect(running).rejects.toThrow('shop is set to tag sha-0000001 again.')
    expect(here.coolify.deployments).toHaveLength(0)
  })
})

describe('a Compose application with a container that exits by design', () => {
  const apps = [{ ...SHOP, build_pack: 'dockercompose' as const, status: 'exited', script: ['crash-after' as const] }]

  it('fails by default with the cause and the next step', async () => {
    await using here = await stage({ apps })
    const { failure } = await here.run({ 'health-url': '/health', 'health-timeout': '100ms' })
    expect(failure?.message).toContain('is "exited:unhealthy" in Coolify, not running and healthy')
    expect(failure?.next).toMatch(/exclude_from_hc: true[\s\S]*`health: url`/)
  })

  it.each(['/health', 'https://shop.example/health'])('is deployed with `health: url`: %s', async url => {
    await using here = await stage({ apps })
    expect(await here.run({ 'health-url': url, health: 'url' })).toMatchObject({ result: 'deployed' })
  })

  it.each(['/health', 'https://shop.example/health'])(
    'and is found when it dies within `stable-for`: %s',
    async url => {
      await using here = await stage({ apps })
      here.answers.splice(0, 1, undefined, 'responded with 502')
      expect(await here.run({ 'health-url': url, health: 'url' })).toMatchObject({ result: 'failed' })
    },
  )
})

it.each([
  [{ webhook: '', uuid: 'nobody' }, 'Coolify has no resource nobody'],
  [{ commit: 'ab'.repeat(20) }, 'shop cannot be deployed with these inputs'],
])('the title of a refusal names its object: %j', async (given, title) => {
  await using here = await stage()
  const where = 'uuid' in given ? { 'coolify-url': here.coolify.url } : {}
  await expect(here.run({ ...given, ...where } as Record<string, string>)).rejects.toMatchObject({ title })
})

it('the login of a health URL is neither logged nor in an output', async () => {
  await using here = await stage()
  here.answers.splice(0, 1, 'responded with 503', undefined)
  const outcome = await here.run({ ...NEW, 'health-url': 'https://user:hunter2@shop.example/health?key=hunter3' })
  expect(outcome.results[0]?.url).toBe('https://shop.example/health?key=hunter3')
  expect(here.log.text).not.toMatch(/hunter[23]/)
})

describe('a commit', () => {
  const commit = 'ab'.repeat(20)

  it('is watched to its end although the pin could not be taken away at once', async () => {
    await using here = await stage({ apps: [{ ...SHOP, build_pack: 'nixpacks', runMs: 400 }] })
    failSecondPatch(here)
    expect(await here.run({ commit })).toMatchObject({ result: 'deployed' })
    expect(here.coolify.app('shop')).toMatchObject({ git_commit_sha: 'HEAD', runningTag: commit })
    expect(here.savedLogs.at(-1)).toContain('"entries":[]')
  })

  it('that is pinned, and that this Coolify builds not, is no other run', async () => {
    const app = { ...SHOP, build_pack: 'nixpacks' as const, git_commit_sha: commit }
    await using here = await stage({ apps: [app], version: '4.1.2' })
    const outcome = await here.run()
    expect(outcome).toMatchObject({ result: 'deployed', results: [{ version: here.coolify.app('shop').headCommit }] })
  })
})

describe("a tag of Coolify's", () => {
  it('is not deployed twice when the queue was full in the midst of it', async () => {
    const apps = ['one', 'two'].map(uuid => ({ uuid, name: uuid, tags: ['prod'], runMs: 2_000 }))
    const limits = { concurrentBuilds: 1, queueLimit: 1, queueRetryAfter: 1 }
    await using here = await stage({ apps: [...apps, { uuid: 'other', runMs: 300 }], ...limits })
    const headers = { authorization: `Bearer ${here.coolify.token('deploy')}`, accept: 'application/json' }
    await fetch(`${here.coolify.url}/api/v1/deploy?uuid=other`, { method: 'POST', headers })
    const outcome = await here.run({ webhook: '', 'coolify-url': here.coolify.url, 'coolify-tag': 'prod' })
    expect(outcome).toMatchObject({ result: 'deployed' })
    expect(here.coolify.deployments.map(({ app }) => app.uuid).sort()).toEqual(['one', 'other', 'two'])
  })

  it('exits with status 2 when the response is lost', async () => {
    await using here = await stage({ apps: [{ ...SHOP, tags: ['prod'] }] })
    here.coolify.failNext({ kind: 'reset-after-commit', method: 'POST', path: '/deploy' })
    const running = here.run({ webhook: '', 'coolify-url': here.coolify.url, 'coolify-tag': 'prod' })
    await expect(running).rejects.toMatchObject({ exitStatus: 2, next: expect.stringContaining('in Coolify') })
  })
})

describe('several at once', () => {
  it('are independent: one that cannot be started does not stop the other', async () => {
    await using here = await stage({ apps: [SHOP, { uuid: 'api', name: 'api' }] })
    here.coolify.failNext({ kind: 'empty-200', method: 'PATCH', path: '/applications/shop' })
    const outcome = await here.run({
      ...NEW,
      webhook: `${here.coolify.webhook('shop')}\n${here.coolify.webhook('api')}`,
    })
    expect(outcome.results.map(({ resource, result }) => [resource.name, result])).toEqual([
      ['shop', 'failed'],
      ['api', 'deployed'],
    ])
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
  })

  it('share their health URLs once all run', async () => {
    await using here = await stage({
      apps: [SHOP, { uuid: 'api', name: 'api', docker_registry_image_tag: 'sha-0000001' }],
    })
    here.answers.splice(0, 1, ...Array.from({ length: 3 }, () => 'responded with 502'), undefined)
    const webhook = `${here.coolify.webhook('shop')}\n${here.coolify.webhook('api')}`
    const outcome = await here.run({ ...NEW, webhook, 'health-url': 'https://shop.example/health' })
    expect(outcome.results.map(({ result }) => result)).toEqual(['rolled-back', 'rolled-back'])
  })
})

it('the summary shows no markup of a name or a log', async () => {
  await using here = await stage({
    apps: [{ ...SHOP, name: '<b>[x](y)</b>', logLines: ['```', '<img src=x>'], script: ['failed'] }],
  })
  const outcome = await here.run(NEW)
  const summary = summaryOf(outcome, here.coolify.url, [], text => text)
  expect(summary.replace(/````text[\s\S]*?````/g, '')).not.toMatch(/<b>|<img|\]\(y\)/)
})
