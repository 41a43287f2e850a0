import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { COMPOSE, errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(300_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('exactness')
})
afterAll(() => lab?.close())

/** Everything in a project directory but the store: kind, mode, content or target of each path. */
const TREE = `find . -path ./.deploy -prune -o -print | sort | while IFS= read -r path; do
  if [ -L "$path" ]; then echo "link $path -> $(readlink "$path")"
  elif [ -d "$path" ]; then echo "directory $path"
  else echo "file $path $(stat -c '%a' "$path") $(sha256sum <"$path" | cut -c 1-16)"; fi; done`

/** A team that started its project manually, from a directory of its own. */
async function startManually(project: Project, files: Record<string, string>, command: string): Promise<void> {
  const { server } = project
  await server.exec(`install -d -o deploy -g deploy ${project.path}`)
  for (const [path, text] of Object.entries(files)) {
    await server.exec(`mkdir -p "$(dirname '${project.path}/${path}')"`)
    await server.writeFile(`${project.path}/${path}`, text)
  }
  await server.exec(`chown -R deploy:deploy ${project.path}`)
  await server.exec(
    `echo '${lab.registry.password}' | docker login -u ${lab.registry.username} --password-stdin registry.lab:5000`,
    { user: 'deploy' },
  )
  await project.asDeploy(command)
}

describe('a rollback restores', () => {
  it('the .env that was written on the server, when the failed deploy brought one of its own', async () => {
    await using project = await Project.create(lab, 'serverenv')
    await project.asRoot('install -d -o deploy -g deploy /opt/serverenv', '/')
    await project.asDeploy("printf 'TAG=ok-v1\\nGREETING=old\\n' > .env")
    expectEnd(await project.run(), 0, 'deployed')
    await project.asDeploy("printf 'TAG=ok-v1\\nGREETING=rotated\\n' > .env && chmod 640 .env")
    const before = await project.on(TREE)
    expectEnd(await project.deploy('crash'), 1, 'rolled-back')
    expect(await project.on(TREE)).toBe(before)
    expect(await project.on('cat .env')).toContain('GREETING=rotated')
    expect(await project.on(`docker inspect --format '{{json .Config.Env}}' serverenv-web-1`)).toContain('rotated')
  })

  it('a file that the failed deploy uploaded for the first time', async () => {
    await using project = await Project.create(lab, 'firstupload')
    await project.deploy('ok-v1')
    await project.asDeploy(
      'echo "made on the server" > infrastructure/web/local.conf && chmod 600 infrastructure/web/local.conf',
    )
    const before = await project.on(TREE)
    await project.write('infrastructure/web/local.conf', 'from the repository\n')
    expectEnd(await project.deploy('crash'), 1, 'rolled-back')
    expect(await project.on(TREE)).toBe(before)
    expect(await project.on('cat infrastructure/web/local.conf')).toBe('made on the server')
  })

  it('modes, links and kinds of paths, and removes the directories of the failed release', async () => {
    await using project = await Project.create(lab, 'kinds')
    await project.write('infrastructure/run.sh', '#!/bin/sh\n', 0o644)
    await project.write('infrastructure/thing', 'a file\n')
    await project.write('infrastructure/a/x', 'a\n')
    await project.write('infrastructure/b/x', 'b\n')
    await project.link('infrastructure/active', 'a')
    await project.deploy('ok-v1')
    const before = await project.on(TREE)
    await project.write('infrastructure/run.sh', '#!/bin/sh\n', 0o755)
    await project.remove('infrastructure/thing')
    await project.write('infrastructure/thing/inside/deep', 'now a directory\n')
    await project.remove('infrastructure/active')
    await project.link('infrastructure/active', 'b')
    await project.write('infrastructure/new/only', 'new\n')
    const failed = await project.deploy('crash')
    expectEnd(failed, 1, 'rolled-back')
    expect(await project.on(TREE)).toBe(before)
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    expect(
      await project.on('readlink infrastructure/active; stat -c %a infrastructure/run.sh; ls -A infrastructure/a'),
    ).toBe('b\n755\nx')
    expectEnd(await project.run({ mode: 'rollback' }), 0, 'rolled-back')
    expect(await project.on(TREE)).toBe(before)
  })

  it('the container of a service that the failed release lacks, with what its anonymous volume holds', async () => {
    await using project = await Project.create(lab, 'leaver')
    const withStore = `${COMPOSE}  store:\n    image: registry.lab:5000/app:ok-v1\n    volumes: [/data]\n`
    await project.write('compose.yaml', withStore)
    await project.deploy('ok-v1')
    await project.on('docker exec leaver-store-1 /bin/busybox sh -c "echo precious > /data/file"')
    const store = await project.containerId('store')
    await project.write('compose.yaml', COMPOSE)
    expectEnd(await project.deploy('crash'), 1, 'rolled-back')
    expect(await project.containerId('store')).toBe(store)
    expect(await project.on('docker exec leaver-store-1 /bin/busybox cat /data/file')).toBe('precious')
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    expect(await project.on('docker ps -a --format "{{.Names}}" | grep -E "store|left" || true')).toBe('')
  })
})

describe('a deploy', () => {
  it('names the files that were changed on the server and that it overwrites, and keeps what they held', async () => {
    await using project = await Project.create(lab, 'drift')
    await project.deploy('ok-v1')
    await project.asDeploy('echo "certificates" > infrastructure/web/settings.conf')
    await project.write('infrastructure/web/settings.conf', 'colour = green\n')
    const run = await project.deploy('ok-v2')
    expectEnd(run, 0, 'deployed')
    const warnings = run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
    expect(warnings.join('\n')).toContain('infrastructure/web/settings.conf')
    expect(await project.on('cat .deploy/releases/*-found*/files/infrastructure/web/settings.conf')).toContain(
      'certificates',
    )
  })

  it('leaves alone what the login user has no permission to look at, while it does not change', async () => {
    await using project = await Project.create(lab, 'unreadable')
    await project.write('infrastructure/data/.gitkeep', '')
    await project.deploy('ok-v1')
    await project.asRoot('chown 999:999 infrastructure/data && chmod 700 infrastructure/data')
    expectEnd(await project.deploy('ok-v1'), 0, 'unchanged')
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    expect(await project.version()).toBe('v2')
    await project.write('infrastructure/data/settings', 'must arrive\n')
    const refused = await project.deploy('ok-v1')
    expectEnd(refused, 1, 'failed')
    expect(await project.version()).toBe('v2')
  })

  it('refuses a directory that it cannot write, and changes nothing', async () => {
    await using project = await Project.create(lab, 'unwritable')
    await project.write('infrastructure/cache/file', 'one\n')
    await project.deploy('ok-v1')
    await project.asRoot('chown -R root:root infrastructure/cache')
    const before = await project.on(TREE)
    await project.write('infrastructure/cache/file', 'two\n')
    const run = await project.deploy('ok-v2')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain('infrastructure/cache')
    expect(await project.on(TREE)).toBe(before)
    expect(await project.version()).toBe('v1')
  })

  it('refuses a path that is of another kind on the server, names it, and changes nothing', async () => {
    await using project = await Project.create(lab, 'blocked')
    await project.asRoot(
      'install -d -o deploy -g deploy /opt/blocked && install -d -o deploy /opt/blocked/infrastructure/web/settings.conf/x',
      '/',
    )
    const run = await project.deploy('ok-v1')
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain('infrastructure/web/settings.conf')
    expect(await project.on('ls -A')).toBe('.deploy\ninfrastructure')
  })

  it('works beside a damaged record of an old release, and names it', async () => {
    await using project = await Project.create(lab, 'damaged')
    await project.deploy('ok-v1', { version: 'v1' })
    await project.deploy('ok-v2', { version: 'v2' })
    await project.on(
      'for f in .deploy/releases/*/release.json; do head -c 40 "$f" > /tmp/cut; cat /tmp/cut > "$f"; break; done',
    )
    const status = await project.run({ mode: 'status' })
    expect(status.exitCode).toBe(0)
    expectEnd(await project.deploy('ok-v1', { version: 'v3' }), 0, 'deployed')
    expect(status.stdout).toMatch(/record of release \S+ is not JSON/)
  })
})

describe('a project that was started manually', () => {
  const FILES = { 'compose.yaml': COMPOSE.replaceAll('./infrastructure/web', './conf'), 'conf/x': 'x\n' }

  it.each([
    [
      'with a variable of a shell',
      'shellvar',
      'export TAG=ok-v1 GREETING=shell; docker compose -p shellvar up -d 2>&1',
    ],
    [
      'with another env file',
      'envfile',
      "printf 'TAG=ok-v1\\nGREETING=other\\n' > prod.env; docker compose -p envfile --env-file prod.env up -d 2>&1",
    ],
    [
      'with a file outside of its directory',
      'outside',
      "printf 'TAG=ok-v1\\n' > .env; printf 'services: {web: {environment: {EXTRA: \"1\"}}}\\n' > /tmp/outside.yaml; docker compose -p outside -f compose.yaml -f /tmp/outside.yaml up -d 2>&1",
    ],
  ])('%s has no rollback point: that is said before anything is touched', async (_, name, command) => {
    await using project = await Project.create(lab, name)
    await startManually(project, FILES, command)
    const web = await project.containerId('web')
    const run = await project.deploy('crash')
    expectEnd(run, 1, 'failed')
    expect(run.annotations.map(({ title }) => title)).toContain('There is no rollback point')
    expect(await project.containerId('web')).toBe(web)
  })

  it('keeps its own files when a first deploy fails and a later one does not have them', async () => {
    await using project = await Project.create(lab, 'ownfiles')
    const own = { 'infrastructure/web/private.key': 'the only copy\n', 'infrastructure/web/own.conf': 'own\n' }
    await startManually(project, { ...FILES, ...own, '.env': 'TAG=ok-v1\n' }, 'docker compose up -d 2>&1')
    const before = await project.on(TREE)
    await project.write('infrastructure/web/private.key', 'by mistake in the repository\n')
    expectEnd(await project.deploy('crash'), 1, 'rolled-back')
    expect(await project.on(TREE)).toBe(before)
    await project.remove('infrastructure/web/private.key')
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    expect(await project.on('cat infrastructure/web/private.key infrastructure/web/own.conf')).toBe(
      'the only copy\nown',
    )
  })

  it('is taken over with a warning about a compose file that the deploy does not use', async () => {
    await using project = await Project.create(lab, 'override')
    const override = 'services: {web: {environment: {FROM_OVERRIDE: "yes"}}}\n'
    await startManually(
      project,
      { ...FILES, 'compose.override.yaml': override, '.env': 'TAG=ok-v1\n' },
      'docker compose -p override up -d 2>&1',
    )
    const run = await project.deploy('ok-v2')
    expectEnd(run, 0, 'deployed')
    expect(run.annotations.map(({ message }) => message).join('\n')).toContain('compose.override.yaml')
    expect(await project.on('cat compose.override.yaml')).toBe(override.trim())
    expectEnd(await project.run({ mode: 'rollback' }), 0, 'rolled-back')
    expect(await project.on(`docker inspect --format '{{json .Config.Env}}' override-web-1`)).toContain('FROM_OVERRIDE')
  })
})
