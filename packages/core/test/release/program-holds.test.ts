import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStubEngine, type StubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const SERVICES = { web1: 'web', web2: 'web', db: 'db', job: 'job' } as const
type Image = keyof typeof SERVICES
const FILES = { 'compose.yaml': 'services: {}' }

let folder: string
let engine: StubEngine
let project: ProjectFolder

/** r1 and r2 have their own `web`, and `db` and `job` in common; the job has ended, and its container is gone. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holds-'))
  engine = await createStubEngine(folder)
  for (const image of Object.keys(SERVICES)) {
    const labels = image === 'web1' ? { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' } : {}
    engine.addImage({ reference: `${image}:1`, labels, volumes: ['/data'] })
  }
  project = new ProjectFolder()
  project.tool('docker', `exec '${engine.bin}/docker' "$@"`)
  release('r0', [])
  release('r1', ['web1', 'db', 'job'])
  release('r2', ['web2', 'db', 'job'])
  project.holds('r1', FILES, 'r0')
  start('web1')
  start('db')
})
afterEach(() => {
  project[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

function release(id: string, images: readonly Image[]): void {
  project.release(id, FILES, { pins: images.map(image => ({ imageId: idOf(image), tag: `${image}:deploy` })) })
}

const idOf = (image: Image): string => engine.imageId(`${image}:1`) ?? ''

function docker(...args: string[]): void {
  const { status, stderr } = spawnSync(join(engine.bin, 'docker'), args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
}

function start(image: Image): void {
  const labels = { project: 'shop', service: SERVICES[image], oneoff: 'False' }
  const options = Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`])
  docker('run', '-d', '--name', `shop-${image}`, '--restart', 'unless-stopped', ...options, idOf(image))
}

/** What `up` of r2 would have done. */
function replaceWeb(): void {
  docker('rm', '-f', '-v', 'shop-web1')
  start('web2')
}

/** What `up` of r1 would have done after that. */
function returnWeb(): void {
  docker('rm', '-f', '-v', 'shop-web2')
  start('web1')
}

/** r2 was deployed and confirmed after r1. */
async function deployed(): Promise<void> {
  await project.activate('r2', 'r1')
  replaceWeb()
  await project.finish('r2', 'confirmed')
}

/** The images that are held, with the state of the container that holds each. */
function holds(): Partial<Record<Image, string>> {
  const found = Object.values(engine.state().containers).filter(({ name }) => name.startsWith('deploy-holds-'))
  const images = Object.keys(SERVICES) as Image[]
  return Object.fromEntries(found.map(({ imageId, status }) => [images.find(image => idOf(image) === imageId), status]))
}

function prune(): void {
  docker('container', 'prune', '-f')
  docker('image', 'prune', '-af')
  docker('system', 'prune', '-af')
}

describe('a switch', () => {
  it('holds what only the rollback target runs, and what nothing runs, so that no prune removes it', async () => {
    const { status, stdout } = await project.activate('r2', 'r1')
    expect(status).toBe(0)
    expect(stdout).toContain('images held for a rollback: 2\n')
    expect(holds()).toEqual({ web1: 'running', job: 'running' })
    const images = [idOf('web1'), idOf('db'), idOf('job')]
    replaceWeb()
    prune()
    expect(Object.keys(engine.state().images)).toEqual(expect.arrayContaining(images))
  })

  it('gives the containers that hold images the program of the server, and neither a network nor capabilities', async () => {
    engine.clearCalls()
    await project.activate('r2', 'r1')
    const runs = engine
      .calls()
      .filter(({ command, args }) => command.startsWith('run') && args.includes('--entrypoint'))
    expect(runs).toHaveLength(2)
    for (const { args } of runs) {
      const option = (name: string) => args[args.indexOf(name) + 1]
      expect(option('--entrypoint')).toMatch(/^\/(usr\/)?bin\/sleep$/)
      expect([option('--network'), option('--cap-drop'), option('--security-opt')]).toEqual([
        ...['none', 'ALL', 'no-new-privileges'],
      ])
      expect(args).toContain('--read-only')
      const mounts = args.filter((_, index) => args[index - 1] === '--mount')
      expect(mounts.length).toBeGreaterThan(0)
      expect(mounts.filter(mount => !mount.endsWith(',readonly'))).toEqual([])
    }
  })

  it('gives the container of an image that Compose built no place in the project', async () => {
    await project.activate('r2', 'r1')
    const labels = Object.values(engine.state().containers).map(({ labels }) => labels['com.docker.compose.project'])
    expect(labels.filter(label => label === 'shop')).toHaveLength(2)
  })

  it('replaces a hold that does not run, with its anonymous volumes', async () => {
    const name = `deploy-holds-shop-${idOf('web1').slice(7, 19)}`
    docker('create', '--name', name, '--label', 'deploy-actions.holds=shop', '--entrypoint', 'hold', idOf('web1'))
    await project.activate('r2', 'r1')
    expect(holds()).toEqual({ web1: 'running', job: 'running' })
    // Of two containers, and of two holds.
    expect(Object.keys(engine.state().volumes)).toHaveLength(4)
  })

  it.each([
    ['started', 'run'],
    ['used', 'exec'],
  ])('holds an image by a container that never runs, and reports it, where none can be %s', async (_, command) => {
    engine.fail({ command, message: 'not on this server', exitStatus: 125, times: 2 })
    const { status, stdout } = await project.activate('r2', 'r1')
    expect([status, holds()]).toEqual([0, { web1: 'created', job: 'created' }])
    expect(stdout).toMatch(/does not run on this server: .* \(not on this server\)/)
  })

  it('is refused where an image cannot be held at all', async () => {
    engine.fail({ command: 'run', times: 2 })
    engine.fail({ command: 'create', times: 2 })
    const { status } = await project.activate('r2', 'r1')
    expect([status, project.phase]).toEqual([65, 'confirmed'])
  })

  it('does not take an engine that does not respond for one without containers', async () => {
    engine.fail({ command: 'ps' })
    expect((await project.activate('r2', 'r1')).status).toBe(65)
  })
})

describe('a rollback that a person asked for', () => {
  it('holds what only the release that it leaves runs, until a later deploy is confirmed', async () => {
    await deployed()
    expect((await project.rollback('r1')).status).toBe(0)
    expect(holds()).toEqual({ web1: 'running', web2: 'running', job: 'running' })
    returnWeb()
    expect((await project.finish('r1', 'rolled-back')).status).toBe(0)
    expect(holds()).toEqual({ web2: 'running', job: 'running' })
    prune()
    expect(Object.keys(engine.state().images)).toContain(idOf('web2'))
    release('r3', ['web1', 'db'])
    expect((await project.activate('r3', 'r1')).status).toBe(0)
    expect((await project.finish('r3', 'confirmed')).status).toBe(0)
    expect(holds()).toEqual({ job: 'running' })
  })

  it('works where they cannot be held, and holds them at its end', async () => {
    await deployed()
    engine.fail({ command: 'run' })
    engine.fail({ command: 'create' })
    const { status, stdout } = await project.rollback('r1')
    expect([status, project.phase, holds()]).toEqual([0, 'rolling-back', { web1: 'running', job: 'running' }])
    expect(stdout).toContain('images of release r2 cannot be held yet')
    returnWeb()
    expect((await project.finish('r1', 'rolled-back')).status).toBe(0)
    expect(holds()).toEqual({ web2: 'running', job: 'running' })
  })

  it('holds them at its end when the room on a full disk was used', async () => {
    await deployed()
    project.remove('.deploy/reserve')
    expect((await project.rollback('r1')).status).toBe(0)
    expect(holds()).toEqual({ web1: 'running', job: 'running' })
    returnWeb()
    expect((await project.finish('r1', 'rolled-back')).status).toBe(0)
    expect(holds()).toEqual({ web2: 'running', job: 'running' })
  })

  it('holds them also when it was cut off before it had', async () => {
    await deployed()
    project.pending('r1', 'r1', 'rolling-back')
    expect((await project.rollback('r1')).status).toBe(0)
    expect(holds()).toEqual({ web1: 'running', web2: 'running', job: 'running' })
  })

  it('holds nothing of a release that was never healthy', async () => {
    project.pending('r2', 'r1', 'disarmed')
    project.write('.deploy/reserve', 'room')
    expect((await project.rollback('r1')).status).toBe(0)
    expect((await project.finish('r1', 'rolled-back')).status).toBe(0)
    expect(holds()).toEqual({})
  })
})

describe('the end of a switch', () => {
  it('keeps the holds of the rollback target, and removes those of an earlier one', async () => {
    docker('run', '-d', '--name', 'deploy-holds-shop-old', '--label', 'deploy-actions.holds=shop', idOf('db'))
    docker('run', '-d', '--name', 'deploy-holds-other', '--label', 'deploy-actions.holds=other', idOf('db'))
    await project.activate('r2', 'r1')
    expect(holds()).toEqual({ web1: 'running', job: 'running', db: 'running' })
    replaceWeb()
    expect((await project.finish('r2', 'confirmed')).status).toBe(0)
    docker('rm', '-f', 'deploy-holds-other')
    expect(holds()).toEqual({ web1: 'running', job: 'running' })
  })

  it('removes the holds of images that run again after a rollback, with their volumes', async () => {
    docker('run', '-d', '--name', 'deploy-holds-shop-old', '--label', 'deploy-actions.holds=shop', idOf('web2'))
    await project.activate('r2', 'r1')
    await project.rollback('r1')
    expect((await project.finish('r1', 'rolled-back')).status).toBe(0)
    // What does not run: r1 may have a rollback target of its own.
    expect(holds()).toEqual({ job: 'running', web2: 'running' })
    // Of two containers and two holds.
    expect(Object.keys(engine.state().volumes)).toHaveLength(4)
  })

  it('removes nothing any more once another run has the lock', async () => {
    docker('run', '-d', '--name', 'deploy-holds-shop-old', '--label', 'deploy-actions.holds=shop', idOf('db'))
    await project.activate('r2', 'r1')
    // Between the commit and the removal.
    project.tool(
      'ln',
      `case "$*" in *confirmed.new) echo 2 >'${project.path}/.deploy/epoch' ;; esac; exec /bin/ln "$@"`,
    )
    const { status, stderr } = await project.finish('r2', 'confirmed')
    expect([status, project.phase]).toEqual([0, 'confirmed'])
    expect(stderr).toContain('the records of release r2 could not be updated')
    expect(holds()).toEqual({ web1: 'running', job: 'running', db: 'running' })
  })

  it('waits for the last process of its own switch', async () => {
    docker('run', '-d', '--name', 'deploy-holds-shop-old', '--label', 'deploy-actions.holds=shop', idOf('db'))
    await project.activate('r2', 'r1')
    project.tool(
      'flock',
      `if [ "$*" = '-n 8' ] && ! [ -f '${project.path}/.deploy/tried' ]; then : >'${project.path}/.deploy/tried'; exit 1; fi
       PATH=\${PATH#*:}; exec flock "$@"`,
    )
    replaceWeb()
    expect((await project.finish('r2', 'confirmed')).stderr).not.toContain('could not be updated')
    expect(holds()).toEqual({ web1: 'running', job: 'running' })
  })

  it('removes nothing while a switch works', async () => {
    docker('run', '-d', '--name', 'deploy-holds-shop-old', '--label', 'deploy-actions.holds=shop', idOf('db'))
    await project.activate('r2', 'r1')
    project.tool('flock', '[ "$*" != "-n 8" ]')
    expect((await project.finish('r2', 'confirmed')).stderr).toContain('could not be updated')
    expect(holds()).toEqual({ web1: 'running', job: 'running', db: 'running' })
  })

  it('keeps the image of a job that has ended, also of a first release', async () => {
    project.pending('r1', 'r0', 'started')
    expect((await project.finish('r1', 'confirmed')).status).toBe(0)
    expect(holds()).toEqual({ job: 'running' })
  })
})
