import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { pushBigImage } from '../../lab/example-images.ts'
import type { Lab } from '../../lab/lab.ts'
import { COMPOSE, errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('unhealthy', { name: 'vps1', dockerDiskMb: 900 })
})
afterAll(() => lab?.close())

/** A project with version 1 serving. */
async function serving(name: string): Promise<Project> {
  const project = await Project.create(lab, name)
  expectEnd(await project.deploy('ok-v1', { version: 'v1' }), 0, 'deployed')
  return project
}

describe('a release that is unhealthy', () => {
  it.each([
    ['exits again and again', 'crash', /web.*(exits|restart)/i, 'cannot read /etc/app/settings.json'],
    ['is never healthy', 'sick', /web.*(healthy)/i, 'the queue at queue.internal:5672 refuses connections'],
  ])('and %s is named with its last lines, and version 1 serves again', async (_, tag, reason, lastLine) => {
    await using project = await serving(`unhealthy-${tag}`)
    const run = await project.deploy(tag)
    expectEnd(run, 1, 'rolled-back')
    expect(errorsOf(run)).toMatch(reason)
    expect(run.stdout).toContain(lastLine)
    expect(run.summary).toContain(lastLine)
    expect(run.outputs).toMatchObject({ reason: expect.stringMatching(reason), 'failed-service': 'web' })
    expect(run.outputs['failed-release']).not.toBe(run.outputs['release'])
    expect(run.summary).toContain(`| ${run.outputs['failed-release']} |`)
    expect(await project.version()).toBe('v1')
    expect(await project.on('cat .env')).toContain("TAG='ok-v1'")
    const next = await project.deploy('ok-v2')
    expect(next.outputs['result']).toBe('deployed')
  })

  it('and dies some seconds after its start is found by the second inspection', async () => {
    await using project = await serving('late')
    const run = await project.deploy('late-crash', { 'stable-for': '10s' })
    expectEnd(run, 1, 'rolled-back')
    expect(run.stdout).toContain('out of connections to the database')
    expect(await project.version()).toBe('v1')
  })

  it('and has 2 of its 3 replicas dead is no success, whatever Compose says', async () => {
    await using project = await serving('replicas')
    const compose = COMPOSE.replace('- ./infrastructure/web:/config:ro', '- shared:/shared').replace(
      'restart: unless-stopped\n    environment',
      "restart: 'no'\n    healthcheck: { disable: true }\n    deploy: { replicas: 3 }\n    environment",
    )
    await project.write('compose.yaml', `${compose}\nvolumes:\n  shared:\n`)
    const run = await project.deploy('two-of-three-die', { 'stable-for': '4s' })
    expectEnd(run, 1, 'rolled-back')
    expect(run.stdout).toContain('the licence allows one instance')
    expect(await project.version()).toBe('v1')
  })

  it('by its health-url is rolled back too; the URL is requested from the server', async () => {
    await using project = await serving('url')
    const run = await project.deploy('ok-v2', {
      'health-url': 'http://127.0.0.1:9/none',
      'health-attempts': '2',
      'health-interval': '100ms',
    })
    expectEnd(run, 1, 'rolled-back')
    expect(errorsOf(run)).toContain('http://127.0.0.1:9/none did not respond as expected in 2 attempts')
    expect(await project.version()).toBe('v1')
  })

  it('as the first of all is removed again', async () => {
    await using project = await Project.create(lab, 'virgin')
    const run = await project.deploy('crash')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain('web')
    expect(await project.on('ls -A')).toBe('.deploy')
    expect(await project.on('docker ps -aq --filter label=com.docker.compose.project=virgin')).toBe('')
  })

  it('is stopped or kept where the team wants that, and needs manual intervention', async () => {
    await using stopped = await serving('stopped')
    const run = await stopped.deploy('crash', { 'on-failure': 'stop' })
    expectEnd(run, 2, 'stopped')
    expect(await stopped.on('docker ps -aq --filter label=com.docker.compose.project=stopped')).toBe('')
    await using kept = await serving('kept')
    const second = await kept.deploy('sick', { 'on-failure': 'keep' })
    expectEnd(second, 2, 'failed')
    expect(await kept.version()).toBe('sick')
    const back = await kept.run({ mode: 'rollback' })
    expectEnd(back, 0, 'rolled-back')
    expect(await kept.version()).toBe('v1')
  })

  it('whose rollback target is broken ends with exit status 2 and says how to go on', async () => {
    await using project = await serving('broken')
    // While the new version starts, somebody damages what the rollback needs.
    const current = await project.on('readlink -f .deploy/current')
    const damage = project
      .until(`grep -q '^phase started' .deploy/pending`)
      .then(() => project.on(`echo 'services: {web: {image: nothing}}' > ${current}/images.yml`))
    const run = await project.deploy('sick')
    await damage
    expectEnd(run, 2, 'rollback-failed')
    expect(errorsOf(run)).toContain(`rollback.sh`)
    expect(run.annotations.map(annotation => annotation.title)).toContain(
      'Rollback failed: manual intervention required',
    )
    const refused = await project.deploy('ok-v2')
    expectEnd(refused, 1, 'failed')
    expect(errorsOf(refused)).toContain(`remove ${current} on the server, and deploy again`)
    await project.on(`rm -rf ${current}`)
    expect((await project.deploy('ok-v2')).outputs['result']).toBe('deployed')
  })
})

describe('images', () => {
  it('that do not exist are reported before anything is touched', async () => {
    await using project = await serving('noimage')
    const web = await project.containerId('web')
    const run = await project.deploy('v9.9.9')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain('registry.lab:5000/app:v9.9.9')
    expect(await project.containerId('web')).toBe(web)
  })

  it('cannot be pulled with a wrong password, which is not shown', async () => {
    await using project = await serving('password')
    const run = await project.deploy('ok-v2', { 'registry-password': 'not-the-password' })
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toMatch(/registry\.lab:5000/)
    expect(errorsOf(run)).not.toContain('not-the-password')
    expect(await project.version()).toBe('v1')
  })

  it('cannot be pulled while the registry is down', async () => {
    await using project = await serving('down')
    await lab.registry.stop()
    try {
      const run = await project.deploy('ok-v2')
      expectEnd(run, 1, 'failed')
      expect(errorsOf(run)).toMatch(/registry\.lab:5000/)
      expect(await project.version()).toBe('v1')
    } finally {
      await lab.registry.start()
    }
  })

  it('that find no room on the disk leave the old version serving', async () => {
    await using project = await serving('room')
    const big = await pushBigImage(lab, 700)
    await project.write('compose.yaml', COMPOSE.replace('registry.lab:5000/app:${TAG}', big.reference))
    await lab.server().fillDisk('/var/lib/docker', 350)
    try {
      const run = await project.deploy('ok-v2')
      expectEnd(run, 1, 'failed')
      expect(errorsOf(run)).toMatch(/disk|space/i)
      expect(await project.version()).toBe('v1')
    } finally {
      await lab.server().freeDisk('/var/lib/docker')
    }
  })
})

describe('the compose file', () => {
  it.each([
    ['is missing', (project: Project) => project.remove('compose.yaml'), /None of compose\.yaml/],
    [
      'is no YAML',
      (project: Project) => project.write('compose.yaml', 'services: [web'),
      /docker compose config reports/,
    ],
    [
      'has an unknown key',
      (project: Project) => project.write('compose.yaml', 'services:\n  web:\n    imagee: x\n'),
      /imagee/,
    ],
    [
      'has a service without an image',
      (project: Project) => project.write('compose.yaml', 'services:\n  web:\n    build: .\n'),
      /no `image:`/,
    ],
  ])('that %s is reported before anything is touched', async (what, change, expected) => {
    await using project = await serving(`file-${what.toLowerCase().replaceAll(' ', '-')}`)
    await change(project)
    const run = await project.deploy('ok-v2')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toMatch(expected)
    expect(await project.version()).toBe('v1')
  })
})
