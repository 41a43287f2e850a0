import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { COMPOSE, errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('deploy')
})
afterAll(() => lab?.close())

describe('a deploy', () => {
  it('deploys version 1, then version 2, and rolls back to 1 manually', async () => {
    await using project = await Project.create(lab, 'story')
    const first = await project.deploy('ok-v1', { version: 'v1', sha: 'aaaaaaa111111111111111111111111111111111' })
    expectEnd(first, 0, 'deployed')
    expect(await project.version()).toBe('v1')
    expect(first.outputs['release']).toMatch(/^\d{8}T\d{6}Z-aaaaaaa$/)
    const images = JSON.parse(first.outputs['images'] ?? '{}')
    expect(images.web).toMatch(/^registry\.lab:5000\/app@sha256:[0-9a-f]{64}$/)

    const second = await project.deploy('ok-v2', { version: 'v2' })
    expectEnd(second, 0, 'deployed')
    expect(second.outputs['previous-release']).toBe(first.outputs['release'])
    expect(await project.version()).toBe('v2')
    expect(second.summary).toContain(`| ${second.outputs['release']} (v2) | ${first.outputs['release']} (v1) |`)

    const back = await project.run({ mode: 'rollback', to: 'v1' })
    expectEnd(back, 0, 'rolled-back')
    expect(back.outputs['release']).toBe(first.outputs['release'])
    expect(await project.version()).toBe('v1')
    expect(await project.on('cat .env')).toContain("TAG='ok-v1'")

    const status = await project.run({ mode: 'status' })
    expect(status.exitCode).toBe(0)
    expect(status.stdout).toContain(`→ ${first.outputs['release']} (v1)  confirmed`)
    expect(status.stdout).toContain(`${second.outputs['release']} (v2)  rolled-back`)
  })

  it('leaves alone what does not change: the accessory, files, and everything when nothing changed', async () => {
    await using project = await Project.create(lab, 'same')
    await project.deploy('ok-v1')
    const [db, web] = [await project.containerId('db'), await project.containerId('web')]
    const again = await project.deploy('ok-v1')
    expectEnd(again, 0, 'unchanged')
    expect(await project.containerId('web')).toBe(web)
    const next = await project.deploy('ok-v2')
    expect(next.outputs['result']).toBe('deployed')
    expect(next.stdout).toContain('0 files sent (0 B), 2 were there already')
    expect(await project.containerId('db')).toBe(db)
  })

  it('recreates the one service whose mounted file changed, and takes away a file that is gone', async () => {
    await using project = await Project.create(lab, 'mounts')
    await project.write('infrastructure/web/old.conf', 'x\n')
    await project.deploy('ok-v1')
    const [db, web] = [await project.containerId('db'), await project.containerId('web')]
    await project.write('infrastructure/web/settings.conf', 'colour = red\n')
    await project.remove('infrastructure/web/old.conf')
    expectEnd(await project.deploy('ok-v1'), 0, 'deployed')
    expect(await project.containerId('web')).not.toBe(web)
    expect(await project.containerId('db')).toBe(db)
    expect(await project.on('docker exec mounts-web-1 /bin/busybox cat /config/settings.conf')).toBe('colour = red')
    expect(await project.on('ls infrastructure/web')).toBe('settings.conf')
  })

  it('carries awkward values, which no variable of a shell on the server shadows', async () => {
    await using project = await Project.create(lab, 'values')
    const greeting = `it's $HOME "quoted" \\n #no comment\nzwei ✓`
    await lab
      .server()
      .exec(
        `printf 'export TAG=crash\\nexport GREETING=shadow\\n' | tee /home/deploy/.bashrc /home/deploy/.profile >/dev/null`,
      )
    const deployed = await project.deploy('ok-v1', { 'env-names': 'GREETING' }, { env: { GREETING: greeting } })
    expect(deployed.exitCode).toBe(0)
    const env = JSON.parse(await project.on(`docker inspect --format '{{json .Config.Env}}' values-web-1`)) as string[]
    expect(env).toContain(`GREETING=${greeting}`)
    await lab.server().exec('rm -f /home/deploy/.bashrc /home/deploy/.profile')
  })

  it('works in a directory with spaces and quotes', async () => {
    await using project = await Project.create(lab, 'odd', `/opt/it's an "odd" $place`)
    expectEnd(await project.deploy('ok-v1'), 0, 'deployed')
    expectEnd(await project.deploy('sick'), 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
  })

  it('rolls back exactly to what was started manually before it came', async () => {
    await using project = await Project.create(lab, 'byhand')
    await lab.server().exec('install -d -o deploy -g deploy /opt/byhand')
    await lab.server().writeFile('/opt/byhand/compose.yaml', COMPOSE.replaceAll('./infrastructure/web', './conf'))
    await lab.server().writeFile('/opt/byhand/.env', 'TAG=ok-v1\n# by hand\n')
    await lab.server().exec(`install -d /opt/byhand/conf && chown -R deploy:deploy /opt/byhand`)
    await lab
      .server()
      .exec(
        `echo '${lab.registry.password}' | docker login -u ${lab.registry.username} --password-stdin registry.lab:5000`,
      )
    await project.on('docker compose -p byhand up -d 2>&1')
    const sick = await project.deploy('crash')
    expectEnd(sick, 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
    expect(await project.on('cat .env')).toBe('TAG=ok-v1\n# by hand')
    expect(await project.on('ls -A | sort | tr "\\n" " "')).toBe('.deploy .env compose.yaml conf')
    await lab.server().exec('docker logout registry.lab:5000')
  })

  it("keeps the server's own logins for other registries, and gives none of its credential helpers the password", async () => {
    await using project = await Project.create(lab, 'logins')
    const { username, password, ca } = lab.registry
    const server = lab.server()
    // The same registry by another name, for which only the server has a login.
    const trusted = '/etc/docker/certs.d/registry:5000'
    await server.exec(
      `mkdir -p ${trusted} && echo "$(getent hosts registry.lab | cut -d ' ' -f 1) registry" >>/etc/hosts`,
    )
    await server.writeFile(`${trusted}/ca.crt`, ca)
    await server.exec(`echo '${password}' | docker login -u ${username} --password-stdin registry:5000`, {
      user: 'deploy',
    })
    const own = await server.exec('cat ~/.docker/config.json', { user: 'deploy' })
    const helper = '/usr/local/bin/docker-credential-secretservice'
    await server.writeFile(helper, '#!/bin/sh\necho "$1" >>/tmp/helper-was-called\n', '755')
    await project.write('compose.yaml', COMPOSE.replace('registry.lab:5000/app:ok-v1', 'registry:5000/app:ok-v1'))
    expectEnd(await project.deploy('ok-v1'), 0, 'deployed')
    expect(await project.version('db')).toBe('v1')
    expect((await server.exec('cat ~/.docker/config.json', { user: 'deploy' })).stdout).toBe(own.stdout)
    const left = `ls -d /tmp/helper-was-called /dev/shm/deploy-actions-* 2>/dev/null || true`
    expect((await server.exec(left)).stdout).toBe('')
    await server.exec(`rm ${helper}`)
    await server.exec('docker logout registry:5000', { user: 'deploy' })
  })

  it('does not roll back to a release whose files were modified', async () => {
    await using project = await Project.create(lab, 'spoiled')
    await project.deploy('ok-v1', { version: 'v1' })
    await project.on('echo "# oh" >> .deploy/current/files/compose.yaml')
    expectEnd(await project.deploy('ok-v2', { version: 'v2' }), 0, 'deployed')
    const back = await project.run({ mode: 'rollback', to: 'v1' })
    expectEnd(back, 1, 'failed')
    expect(errorsOf(back)).toContain('compose.yaml: FAILED')
    expect(await project.version()).toBe('v2')
  })

  it('shows in a dry run what a deploy would do, and does none of it', async () => {
    await using project = await Project.create(lab, 'dry')
    const empty = await project.deploy('ok-v1', { 'dry-run': 'true' })
    expectEnd(empty, 0, 'planned')
    expect(empty.stdout).toContain('+ file compose.yaml')
    expect(empty.stdout).toContain('+ service web: registry.lab:5000/app:ok-v1')
    expect((await lab.server().exec('ls /opt/dry 2>&1 || true')).stdout).toContain('No such file')
    await project.deploy('ok-v1')
    const before = await project.on('find . | sort; cat .env .deploy/journal.jsonl')
    const next = await project.deploy('ok-v2', { 'dry-run': 'true' })
    expect(next.stdout).toContain('~ service web: registry.lab:5000/app:ok-v1 → registry.lab:5000/app:ok-v2')
    expect(await project.on('find . | sort; cat .env .deploy/journal.jsonl')).toBe(before)
    expect((await lab.server().exec('ls -d /tmp/tmp.* 2>/dev/null || true')).stdout.trim()).toBe('')
  })

  it('keeps so many releases, and the images only of those', async () => {
    await using project = await Project.create(lab, 'keep')
    for (const [tag, colour] of [
      ['ok-v1', 'a'],
      ['ok-v2', 'b'],
      ['ok-v2', 'c'],
      ['ok-v2', 'd'],
    ] as const) {
      await project.write('infrastructure/web/settings.conf', colour)
      expectEnd(await project.deploy(tag, { 'keep-releases': '2' }), 0, 'deployed')
    }
    expect((await project.on('ls .deploy/releases')).split('\n')).toHaveLength(2)
    expect(await project.on('cat .deploy/current/files/infrastructure/web/settings.conf')).toBe('d')
  })

  it('can be rolled back without a registry after every prune there is, also automatically', async () => {
    await using project = await Project.create(lab, 'pruned')
    const prune = () =>
      lab.server().exec('(docker container prune -f; docker image prune -af; docker system prune -af) >/dev/null')
    await project.deploy('ok-v1', { version: 'v1' })
    await project.deploy('ok-v2', { version: 'v2' })
    await project.write('infrastructure/web/settings.conf', 'colour = red\n')
    const third = await project.deploy('ok-v1', { version: 'v3' })
    expect(third.stdout).toContain('images held for a rollback: 1')
    const sick = project.deploy('sick', { version: 'v4' })
    await project.until("grep -q '^phase started' .deploy/pending")
    await prune()
    expectEnd(await sick, 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
    await prune()
    await lab.registry.stop()
    try {
      const back = await project.run({
        mode: 'rollback',
        'registry-username': '',
        'registry-password': '',
        registry: '',
      })
      expectEnd(back, 0, 'rolled-back')
      expect(await project.version()).toBe('v2')
    } finally {
      await lab.registry.start()
    }
  })
})

describe('secrets', () => {
  it('are in no output, no process list, and no file that others can read', async () => {
    await using project = await Project.create(lab, 'secrets')
    // From a file, as a pattern in the argument list would find itself.
    await lab.server().writeFile('/root/patterns', `correct-horse\n${lab.registry.password}\n`, '600')
    const watch = lab
      .server()
      .exec(
        'end=$(($(date +%s) + 10)); while [ "$(date +%s)" -lt "$end" ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "; done | grep -c -F -f /root/patterns || true',
      )
    const deployed = await project.deploy('ok-v1')
    expect(deployed.exitCode).toBe(0)
    expect((await watch).stdout.trim()).toBe('0')
    const key = lab.server().privateKey.split('\n')[2] ?? ''
    for (const text of [
      deployed.stdout.replaceAll(/^::add-mask::.*$/gm, ''),
      deployed.stderr,
      deployed.summary,
      JSON.stringify(deployed.outputs),
    ]) {
      expect(text).not.toContain('correct-horse')
      expect(text).not.toContain(lab.registry.password)
      expect(text).not.toContain(key)
    }
    const readable = await lab
      .server()
      .exec("grep -rlI -F -f /root/patterns /opt/secrets /tmp /home/deploy 2>/dev/null | xargs -r stat -c '%a %n'")
    const files = readable.stdout.trim().split('\n')
    expect(files.every(line => line.startsWith('600 '))).toBe(true)
    expect(files.map(line => line.slice(4)).sort()).toEqual([
      `/opt/secrets/.deploy/releases/${deployed.outputs['release']}/env`,
      '/opt/secrets/.env',
    ])
  })
})
