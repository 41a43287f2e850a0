import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { COMPOSE, errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('identity')
})
afterAll(() => lab?.close())

describe('a project is a directory and a name', () => {
  it.each(['deploy', 'dry run'])(
    'a second project in the directory is refused (%s), and the first one keeps its files',
    async mode => {
      await using project = await Project.create(lab, 'tenant')
      await project.deploy('ok-v1')
      const before = await project.on('find . -path ./.deploy -prune -o -type f -print | sort')
      await project.write('compose.monitoring.yaml', COMPOSE)
      const run = await project.deploy('ok-v1', {
        'project-name': 'monitoring',
        'compose-files': 'compose.monitoring.yaml',
        'dry-run': String(mode === 'dry run'),
      })
      expectEnd(run, 1, 'failed')
      expect(errorsOf(run)).toMatch(/tenant.*monitoring/s)
      expect(await project.on('find . -path ./.deploy -prune -o -type f -print | sort')).toBe(before)
      expect(await project.version()).toBe('v1')
      expect(await project.on('docker ps -aq --filter label=com.docker.compose.project=monitoring')).toBe('')
    },
  )

  it('a name that another directory uses is refused', async () => {
    await using project = await Project.create(lab, 'samename')
    await using other = await Project.create(lab, 'samename', '/opt/samename-other')
    await project.deploy('ok-v1')
    const run = await other.deploy('ok-v2')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain('/opt/samename')
    expect(await project.version()).toBe('v1')
  })

  it('a directory behind a link is the one that it leads to, under the name that people use', async () => {
    await using project = await Project.create(lab, 'linked')
    await project.asRoot('install -d -o deploy -g deploy /srv/linked-real && ln -sfn /srv/linked-real /opt/linked', '/')
    await project.asRoot(
      `echo '${lab.registry.password}' | su deploy -c 'docker login -u ${lab.registry.username} --password-stdin registry.lab:5000'`,
      '/',
    )
    await lab.server().writeFile('/srv/linked-real/compose.yaml', COMPOSE)
    await project.asRoot('mkdir -p infrastructure/web && echo TAG=ok-v1 > .env && chown -R deploy:deploy .')
    await project.asDeploy('docker compose up -d 2>&1')
    const run = await project.deploy('ok-v2', { 'project-name': '' })
    expectEnd(run, 0, 'deployed')
    expect(await project.version()).toBe('v2')
    expect(await project.on('docker ps --format "{{.Label \\"com.docker.compose.project\\"}}" | sort -u')).toBe(
      'linked',
    )
    expectEnd(await project.run({ mode: 'rollback', 'project-name': '' }), 0, 'rolled-back')
    expect(await project.version()).toBe('v1')
    await project.asRoot('rm -rf /srv/linked-real', '/')
  })
})
