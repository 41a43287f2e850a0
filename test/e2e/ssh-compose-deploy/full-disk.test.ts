import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { COMPOSE, errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('fulldisk', { name: 'vps1', projectDiskMb: 40 })
})
afterAll(() => lab?.close())

/** Its service writes until it is stopped, from when `condition` holds in the container. */
const writes = (condition: string, more = '') =>
  COMPOSE.replace(
    '    volumes:',
    `    entrypoint: [/bin/busybox, sh, -c]
    command: ['while :; do ${condition} && /bin/busybox head -c 500000 /dev/zero >>/data/fill; /bin/busybox sleep 0.02; done']
    healthcheck: ${more || '{ disable: true }'}
    volumes:
      - ./data:/data`,
  )

const isFull = 'while echo x >.deploy/full; do sleep 0.1; done 2>/dev/null'

/** A project with version 1 serving; what was written to its disk goes with it. */
async function serving(name: string): Promise<Project> {
  const project = await Project.create(lab, name)
  expectEnd(await project.deploy('ok-v1', { version: 'v1' }), 0, 'deployed')
  return project
}

/** Version 1 runs again, with its files and without a trace of the other one. */
async function expectVersion1(project: Project): Promise<void> {
  expect(await project.version()).toBe('v1')
  expect(await project.on('cat .env')).toContain("TAG='ok-v1'")
  expect(await project.on('cat compose.yaml')).not.toContain('/data/fill')
  expect(await project.on('docker ps -q --filter name=-db-')).not.toBe('')
  await project.on('rm -rf data')
  await project.write('compose.yaml', COMPOSE)
  const next = await project.deploy('ok-v2')
  expect(next.outputs['result']).toBe('deployed')
}

describe('a release that fills the disk and goes on writing', () => {
  it('and is unhealthy is rolled back by its own run', async () => {
    await using project = await serving('full-unhealthy')
    await project.write('compose.yaml', writes('true', "{ test: ['CMD', '/none'], interval: 1s, retries: 5 }"))
    const run = await project.deploy('ok-v2')
    expectEnd(run, 1, 'rolled-back')
    await expectVersion1(project)
  })

  it('and looks healthy cannot be confirmed, and is rolled back', async () => {
    await using project = await serving('full-healthy')
    await project.write('compose.yaml', writes('true'))
    const run = await project.deploy('ok-v2', { 'stable-for': '20s' })
    expectEnd(run, 1, 'rolled-back')
    expect(errorsOf(run)).toMatch(/no space left/i)
    await expectVersion1(project)
  })

  it.each(['by `mode: rollback`', 'by rollback.sh'])('after it was confirmed is rolled back %s', async how => {
    await using project = await serving(how.includes('mode') ? 'full-later' : 'full-person')
    const { outputs } = await project.run({ mode: 'status' })
    await project.write('compose.yaml', writes('[ -f /data/go ]'))
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    await project.on(`touch data/go && ${isFull}`)
    if (how.includes('mode')) {
      const run = await project.run({ mode: 'rollback' })
      expectEnd(run, 0, 'rolled-back')
    } else {
      expect(await project.asDeploy(`sh .deploy/releases/${outputs['release']}/rollback.sh`)).toContain(
        'runs again, verified',
      )
    }
    await expectVersion1(project)
  })
})

it('a deploy is refused, with nothing changed, where there is no room for a rollback', async () => {
  await using project = await serving('no-room')
  await project.on('rm -rf .deploy/reserve .deploy/spare')
  await project.server.fillDisk('/opt', 3)
  const run = await project.deploy('ok-v2')
  await project.server.freeDisk('/opt')
  expectEnd(run, 1, 'failed')
  expect(errorsOf(run)).toContain('no room')
  await expectVersion1(project)
})
