import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BundleResult } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it, test } from '@jest/globals'
import { type CoolifyWorld, messageOf, runningApp, world } from './coolify-world.ts'

const DEPLOY = { 'image-tag': '2.0.0', confirm: 'job' }

/** The tag that is set in Coolify and the tag that runs. */
const tags = ({ coolify }: CoolifyWorld) => [coolify.app('a1').docker_registry_image_tag, coolify.runningTag('a1')]

type Status = 'success' | 'failure' | 'cancelled'

function post(
  here: CoolifyWorld,
  { state }: BundleResult,
  jobStatus: Status,
  inputs: Record<string, string> = DEPLOY,
  env: Record<string, string> = {},
): Promise<BundleResult> {
  return here.deploy(inputs, { stage: 'post', state, jobStatus, env })
}

describe('confirm: job', () => {
  it('leaves the deploy pending, and confirms it when the job succeeds', async () => {
    await using here = await world()
    const main = await here.deploy(DEPLOY)
    expect(main).toMatchObject({
      exitCode: 0,
      outputs: { result: 'pending', 'image-tag': '2.0.0', 'previous-image-tag': '1.0.0' },
      annotations: [{ level: 'notice', message: expect.stringContaining('not confirmed yet') }],
    })
    const before = here.changes().length
    const ended = await post(here, main, 'success')
    expect(ended).toMatchObject({ exitCode: 0, annotations: [], outputs: {} })
    expect(ended.stdout).toContain('shop confirmed at 2.0.0')
    expect(ended.summary).toContain('confirmed')
    expect(here.changes()).toHaveLength(before)
    expect(tags(here)).toEqual(['2.0.0', '2.0.0'])
  })

  test.each<[Status, string]>([
    ['failure', 'A later step of the job failed.'],
    ['cancelled', 'The job was cancelled.'],
  ])('restores the previous image when the job ends with %s', async (status, reason) => {
    await using app = await runningApp()
    await using here = await world([{ fqdn: app.url }], { onDeployed: app.onDeployed })
    const inputs = { ...DEPLOY, 'health-url': '/health' }
    const main = await here.deploy(inputs)
    const ended = await post(here, main, status, inputs)
    expect(ended).toMatchObject({ exitCode: 1, outputs: {} })
    expect(messageOf(ended)).toContain(`${reason} It was rolled back to 1.0.0, which runs.`)
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(app.asked.at(-1)).toBe('/health of 1.0.0')
  })

  test.each<[Status, string, string]>([
    ['success', 'confirmed', ''],
    ['failure', 'rolled-back', 'A later step of the job failed.'],
  ])('leaves in its result file how a job that ended with %s ended for the deploy', async (status, result, reason) => {
    const temp = mkdtempSync(path.join(tmpdir(), 'temp-'))
    try {
      await using here = await world()
      const main = await here.deploy(DEPLOY, { temp })
      await here.deploy(DEPLOY, { stage: 'post', state: main.state, jobStatus: status, temp })
      const file = path.join(temp, 'deploy-actions/1658821493-1-deploy/01-coolify-deploy.json')
      const left = JSON.parse(readFileSync(file, 'utf8'))
      expect(left).toMatchObject({ stage: 'post', result, release: '2.0.0', reason: expect.stringContaining(reason) })
    } finally {
      rmSync(temp, { recursive: true })
    }
  })

  it('restores the previous commit of a build from Git', async () => {
    const [old, bad] = ['a'.repeat(40), 'b'.repeat(40)]
    await using here = await world([{ build_pack: 'nixpacks', headCommit: old }])
    await here.deploy()
    here.coolify.app('a1').headCommit = bad
    const inputs = { confirm: 'job' }
    const main = await here.deploy(inputs)
    expect(here.coolify.runningTag('a1')).toBe(bad)
    expect(await post(here, main, 'failure', inputs)).toMatchObject({ exitCode: 1 })
    expect(here.coolify.runningTag('a1')).toBe(old)
  })

  it('uses the inputs of the main step, although their values have changed by then', async () => {
    await using here = await world([{}, { name: 'other' }])
    const main = await here.deploy(DEPLOY)
    const changed = {
      'coolify-url': 'http://127.0.0.1:9',
      uuid: 'a2',
      'image-tag': '9.9.9',
      branch: 'x',
      confirm: 'none',
    }
    expect(await post(here, main, 'failure', changed)).toMatchObject({ exitCode: 1 })
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(here.coolify.deployments.map(({ app }) => app.uuid)).toEqual(['a1', 'a1'])
  })

  it('exits with status 2 when the previous version is unhealthy too', async () => {
    await using here = await world([{ script: ['finished', 'crash-after'] }])
    const main = await here.deploy(DEPLOY)
    const ended = await post(here, main, 'failure', { ...DEPLOY })
    expect(ended.exitCode).toBe(2)
    expect(messageOf(ended)).toContain('The rollback to 1.0.0 failed too')
  })

  it('leaves a version alone that somebody else has set in the meantime', async () => {
    await using here = await world()
    const main = await here.deploy(DEPLOY)
    here.coolify.app('a1').docker_registry_image_tag = '3.0.0'
    const ended = await post(here, main, 'failure')
    expect(ended.exitCode).toBe(1)
    expect(messageOf(ended)).toContain('nothing was rolled back')
    expect(tags(here)).toEqual(['3.0.0', '2.0.0'])
  })

  it('confirms nothing by an unknown status, and reports it', async () => {
    await using here = await world()
    const main = await here.deploy(DEPLOY)
    const before = here.coolify.requests.length
    const ended = await post(here, main, 'success', { ...DEPLOY, 'job-status': '' })
    expect(ended.exitCode).toBe(2)
    expect(messageOf(ended)).toMatch(/neither confirmed nor rolled back[\s\S]*`to: 1\.0\.0`/)
    expect(here.coolify.requests).toHaveLength(before)
  })

  it('does not confirm a deploy whose main step was killed, even with the status success', async () => {
    await using here = await world([{}, { name: 'slow', script: ['stuck'] }])
    const inputs = { ...DEPLOY, uuid: 'a1, a2' }
    const main = await here.deploy(inputs, {
      signalAfter: { output: /slow: in_progress[\s\S]*shop is running:healthy\n/, signal: 'SIGKILL' },
    })
    expect(main.signal).toBe('SIGKILL')
    const ended = await post(here, main, 'success', inputs)
    expect(ended.exitCode).toBe(1)
    expect(messageOf(ended)).toContain('The deploy step was interrupted.')
    expect(tags(here)).toEqual(['1.0.0', '1.0.0'])
    expect(here.coolify.deployments[1]?.status).toBe('cancelled-by-user')
  })

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['on Gitea without a written-out status', {}, { GITEA_ACTIONS: 'true' }, 'Add `job-status: ${{ job.status }}`'],
    ['in a composite action under act', {}, { ACT: 'true', GITHUB_ACTION_PATH: '/action' }, '`mode: rollback`'],
    ['with a status that is not one', { 'job-status': 'fine' }, {}, 'Remove `job-status`'],
    ['without waiting', { wait: 'false' }, {}, '`wait: false`'],
    ['with on-failure: keep', { 'on-failure': 'keep' }, {}, '`on-failure: keep`'],
  ])('is refused before anything is changed: %s', async (_, inputs, env, wayOut) => {
    await using here = await world()
    const result = await here.deploy({ ...DEPLOY, ...inputs }, { env })
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed', reason: expect.stringMatching(/\w/) } })
    // Gitea shows the log alone.
    expect(result.stdout).toContain(wayOut)
    expect(result.stdout).not.toContain('mode: confirm')
    expect(here.coolify.requests).toHaveLength(0)
  })

  it('saves no secret for the post step, and checks a health URL with a login again', async () => {
    await using app = await runningApp()
    await using here = await world([{}], { onDeployed: app.onDeployed })
    const inputs = {
      ...DEPLOY,
      'health-url': `${app.url.replace('//', '//user:hunter2hunter2@')}/health?key=hunter3hunter3`,
    }
    const main = await here.deploy(inputs)
    expect(JSON.stringify(main.state)).not.toMatch(/hunter/)
    expect(await post(here, main, 'failure', inputs)).toMatchObject({ exitCode: 1 })
    expect(app.asked.at(-1)).toBe('/health?key=hunter3hunter3 of 1.0.0')
  })
})
