import { deploy } from '@deploy-actions/core/deploy/apply'
import type { Context } from '@deploy-actions/core/deploy/context'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { COMPOSE, Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

let machine: Machine
let first: string
beforeAll(async () => {
  machine = await Machine.create()
  first = (await machine.deploy('1')).release?.id ?? ''
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

const run: Machine['deploy'] = (tag, more) => machine.deploy(tag, more)

describe('deploy', () => {
  it('recreates only what changed, in as few calls as possible', async () => {
    expect([machine.image('web'), machine.image('db')]).toEqual(['app:1', 'postgres:17'])
    const verbs: string[] = []
    machine.watch({ before: verb => verbs.push(verb) })
    expect(await run('2')).toMatchObject({
      result: 'deployed',
      release: { state: 'confirmed', sequence: 3, previous: first },
      previous: { id: first },
    })
    expect([machine.image('web'), machine.image('db')]).toEqual(['app:2', 'postgres:17'])
    expect(await machine.read('.env')).toBe("TAG='2'\n")
    expect(machine.log.text).toContain('0 files sent (0 B), 2 were there already')
    expect(machine.log.text).toContain('Container shop-db-1 Running')
    // Beside the lock, which is held.
    expect(verbs).toEqual(['survey', 'stage', 'pull', 'store', 'activate', 'verify', 'verify', 'finish', 'prune'])
  })

  it('records what runs anew where the plan of its release is missing, and can roll back to that', async () => {
    await machine.run('rm', `${machine.path}/.deploy/releases/${first}/plan`)
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { adopted: true } })
    expect(machine.log.text).toContain(`the record of release ${first} is damaged`)
    expect([machine.image('web'), await machine.read('.env')]).toEqual(['app:1', "TAG='1'\n"])
  })

  it('looks once more at what runs when the pull took long, before it reports that nothing changed', async () => {
    const looked = Promise.withResolvers<void>()
    machine.watch({
      before: async verb => {
        if (verb !== 'pull') return
        await looked.promise
        machine.clock.advance(60_000)
        machine.engine.change(state => {
          for (const container of Object.values(state.containers)) {
            if (container.labels['com.docker.compose.service'] === 'web')
              Object.assign(container, { status: 'exited', exitCode: 1 })
          }
        })
      },
      after: verb => void (verb === 'verify' && looked.resolve()),
    })
    const outcome = await machine.deploy('1', { images: ['app:1'] })
    expect([outcome.result, machine.image('web')]).toEqual(['deployed', 'app:1'])
  })

  it('changes nothing when nothing changes, and still requests the URL', async () => {
    const before = machine.engine.snapshot()
    expect(await run('1')).toMatchObject({ result: 'unchanged', release: { id: first } })
    const url = { url: new URL('http://localhost/health'), name: 'http://localhost/health', from: 'server' } as const
    const health = { waitTimeout: 5_000, stableFor: 0, url: { ...url, attempts: 2, interval: 10 } }
    const outcome = await deploy(machine.options('1', { health }), machine.context({ probe: async () => '503' }))
    expect(outcome).toMatchObject({ result: 'failed', release: { id: first }, failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toBe('http://localhost/health did not respond as expected in 2 attempts: 503')
    expect(machine.engine.snapshot()).toStrictEqual(before)
  })

  it('recreates a service whose secret or config Compose writes itself, and only that', async () => {
    const compose = COMPOSE.replace('  db:', '    secrets: [token]\n    configs: [motd]\n  db:')
    const withText = (text: string) =>
      `${compose}secrets: { token: { environment: TOKEN } }\nconfigs: { motd: { content: ${text} } }\n`
    await machine.write('compose.yaml', withText('hello'))
    const { source } = machine.options('1')
    const rotate = async (token: string) => {
      const env = [
        ['TAG', '1'],
        ['TOKEN', token],
      ] as const
      expect(await run('1', { source: { ...source, env } })).toMatchObject({ result: 'deployed' })
      return [machine.container('web'), machine.container('db')]
    }
    const [web, db] = await rotate('first$x')
    const rotated = await rotate('second')
    expect(rotated).toEqual([expect.not.stringMatching(web ?? ''), db])
    await machine.write('compose.yaml', withText('bye'))
    expect(await rotate('second')).toEqual([expect.not.stringMatching(rotated[0] ?? ''), db])
    expect(machine.log.text).not.toContain('second')
  })

  it('runs the services of active profiles, which must be healthy, and removes them when their profile is not active', async () => {
    const worker = (tag: string) =>
      `${COMPOSE}  worker: { image: 'app:${tag}', profiles: [queue], restart: always }\n  shell: { image: 'app:3', profiles: [debug] }\n`
    const withProfiles = (...profiles: string[]) => ({ source: { ...machine.options('1').source, profiles } })
    await machine.write('compose.yaml', worker('2'))
    await expect(run('1', withProfiles('queues'))).rejects.toMatchObject({
      title: 'Profile queues does not exist',
      message: expect.stringContaining('The services have: debug, queue.'),
    })
    expect(await run('1', withProfiles('queue'))).toMatchObject({ result: 'deployed' })
    expect([machine.image('worker'), machine.image('shell')]).toEqual(['app:2', undefined])
    await machine.write('compose.yaml', worker('bad'))
    expect(await run('1', withProfiles('queue'))).toMatchObject({ result: 'rolled-back', failedServices: ['worker'] })
    expect([machine.image('worker'), await machine.read('.env')]).toEqual([
      'app:2',
      "TAG='1'\nCOMPOSE_PROFILES='queue'\n",
    ])
    expect(await run('1')).toMatchObject({ result: 'deployed' })
    expect([machine.image('web'), machine.image('worker')]).toEqual(['app:1', undefined])
  })

  it('refuses a release that lacks a file of the workspace, and one with a path of the whole server', async () => {
    const before = machine.engine.snapshot()
    await machine.write('public/index.html', 'hello')
    await machine.write('compose.yaml', COMPOSE.replace("'./conf:/config:ro'", "'./public:/site', './data:/data'"))
    await expect(run('2')).rejects.toMatchObject({ title: 'public is not uploaded' })
    expect(machine.engine.snapshot()).toStrictEqual(before)
    expect(await run('2', { source: { ...machine.options('2').source, files: ['conf', 'public'] } })).toMatchObject({
      result: 'deployed',
    })
    expect(machine.log.text).toContain('warning: Mounted paths do not exist yet')
  })

  it('rolls an unhealthy release back, exactly, and shows its log', async () => {
    await machine.write('conf/new.conf', 'x')
    const outcome = await run('bad')
    expect(outcome).toMatchObject({ result: 'rolled-back', release: { id: first }, failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain('is unhealthy')
    expect(outcome.evidence).toMatchObject([{ title: 'Last log lines of shop-web-1' }])
    expect(outcome).toMatchObject({ failedRelease: { version: 'vbad' }, failedServices: ['web'] })
    expect(machine.image('web')).toBe('app:1')
    expect(await machine.read('.env')).toBe("TAG='1'\n")
    expect(machine.log.text).toMatch(/\.env of \S+ \(v1\) is restored; other values than in \S+ \(vbad\): TAG$/m)
    expect(await machine.read('conf/new.conf')).toBeUndefined()
  })

  it('names the release that did not start, and rolls it back', async () => {
    machine.engine.fail({ command: 'compose up', message: 'no such network', times: 1 })
    const outcome = await run('2')
    expect(outcome).toMatchObject({ result: 'rolled-back', release: { id: first } })
    expect(outcome.failure?.title).toMatch(/^\S+ \(v2\) did not start/)
  })

  it.each([
    ['a release that is unhealthy', 'Start', 'bad'],
    ['a rollback that fails', 'Roll back', '2'],
  ])('does not tick %s', async (_, failed, tag) => {
    if (failed === 'Roll back') machine.engine.fail({ command: 'compose up', message: 'no such network', times: 9 })
    const timeline = new Timeline(machine.clock, machine.log)
    const phase: Context['phase'] = (name, work, isGood) => timeline.phase(name, work, isGood)
    await deploy(machine.options(tag), machine.context({ phase }))
    expect(machine.log.text).toMatch(new RegExp(`✗ ${failed} `))
    expect(machine.log.text).not.toMatch(new RegExp(`✓ ${failed} `))
    expect(timeline.phases.find(({ name }) => name.startsWith(failed))).toMatchObject({ ok: false })
  })

  it('removes a first release that is unhealthy, and nothing is left', async () => {
    await machine.clear()
    const outcome = await run('bad')
    expect(outcome).toMatchObject({ result: 'failed', release: undefined, failure: { exitStatus: 1 } })
    expect(await machine.run('ls', '-A', machine.path)).toBe('.deploy')
    expect(machine.image('web')).toBeUndefined()
  })

  it('restores what was started manually, with files that only the server has', async () => {
    await machine.clear()
    await machine.put('compose.yaml', COMPOSE.replace('./conf', './mine'))
    await machine.put('mine/a.conf', 'mine\n')
    await machine.put('conf/web.conf', 'of the server\n')
    await machine.put('.env', '# manually\nTAG=1\n')
    await machine.run('sh', '-c', `cd '${machine.path}' && docker compose up -d --no-build 2>&1`)
    const outcome = await run('bad')
    expect(outcome).toMatchObject({
      result: 'rolled-back',
      release: { adopted: true, reason: 'it was started manually' },
    })
    expect(machine.image('web')).toBe('app:1')
    expect(await machine.read('.env')).toBe('# manually\nTAG=1\n')
    expect(await machine.read('conf/web.conf')).toBe('of the server\n')
    expect(await machine.read('compose.yaml')).toContain('./mine')
  })

  it('stops where what runs was made of more than its files', async () => {
    await machine.clear()
    await machine.put('compose.yaml', COMPOSE)
    await machine.run('sh', '-c', `cd '${machine.path}' && TAG=1 docker compose up -d --no-build 2>&1`)
    const before = machine.engine.snapshot()
    await expect(run('2')).rejects.toMatchObject({ title: 'There is no rollback point', exitStatus: 1 })
    expect(machine.engine.snapshot().containers).toStrictEqual(before.containers)
    // Who does not want a rollback can go on.
    expect(await run('2', { onFailure: 'keep' })).toMatchObject({ result: 'deployed' })
    expect(machine.log.text).toContain('Inexact rollback point')
  })

  it('saves a file that was changed on the server, and warns', async () => {
    await machine.put('conf/web.conf', 'certificates\n')
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { adopted: true } })
    expect(machine.log.text).toContain('warning: Files changed on the server are overwritten: ')
    expect(await machine.read('conf/web.conf')).toBe('certificates\n')
  })

  it('keeps or stops an unhealthy release where the team wants that, and the rollback target stays', async () => {
    const kept = await run('bad', { onFailure: 'keep' })
    expect(kept).toMatchObject({ result: 'failed', release: { version: 'vbad' }, failure: { exitStatus: 2 } })
    expect(machine.image('web')).toBe('app:bad')
    const stopped = await run('bad', { onFailure: 'stop', sha: 'a'.repeat(40) })
    expect(stopped).toMatchObject({ result: 'stopped', release: undefined, failure: { exitStatus: 2 } })
    expect(machine.image('web')).toBeUndefined()
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { id: first } })
    expect(machine.image('web')).toBe('app:1')
  })

  it('saves a file that was changed under a release that was kept, and rolls back to the confirmed one', async () => {
    await run('bad', { onFailure: 'keep' })
    await machine.put('conf/web.conf', 'certificates\n')
    expect(await run('2', { onFailure: 'rollback' })).toMatchObject({
      result: 'deployed',
      previous: { version: 'vbad' },
    })
    const saved = await machine.run('sh', '-c', `cat '${machine.path}'/.deploy/releases/*-saved/files/conf/web.conf`)
    expect(saved).toBe('certificates')
    expect(await machine.run('sh', '-c', `cat '${machine.path}'/.deploy/releases/*-saved/state`)).toContain(
      'state staged',
    )
  })

  it('restores a .env that is a symbolic link', async () => {
    await machine.clear()
    await machine.put('compose.yaml', COMPOSE)
    await machine.put('shared.env', 'TAG=1\n')
    await machine.run(
      'sh',
      '-c',
      `cd '${machine.path}' && ln -s shared.env .env && docker compose up -d --no-build 2>&1`,
    )
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { adopted: true, env: 'kept' } })
    expect(await machine.run('readlink', `${machine.path}/.env`)).toBe('shared.env')
    expect(machine.image('web')).toBe('app:1')
  })

  it('has a rollback point when the record of the held release is damaged', async () => {
    await machine.put(`.deploy/releases/${first}/release.json`, '{"format":1}')
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { adopted: true } })
    expect(machine.image('web')).toBe('app:1')
  })

  it('has a way out after a first deploy that was kept', async () => {
    await machine.clear()
    await run('bad', { onFailure: 'keep' })
    expect(await run('1')).toMatchObject({ result: 'deployed' })
  })

  it('refuses before anything is touched', async () => {
    const before = machine.engine.snapshot()
    await expect(run('9')).rejects.toMatchObject({
      message: expect.stringContaining('app:9'),
      present: { release: { id: first }, text: `${first} (v1)` },
    })
    await expect(run('2', { projectName: 'other' })).rejects.toThrow('Containers of project shop were started from')
    await machine.run('sh', '-c', `cd '${machine.path}' && rm -r conf && mkdir -p conf/web.conf/theirs`)
    await expect(run('2')).rejects.toMatchObject({
      title: 'Files cannot be replaced on the server',
      message: expect.stringContaining('conf/web.conf'),
    })
    expect(machine.engine.snapshot().containers).toStrictEqual(before.containers)
  })

  it('reports a start that fails with the words of Compose, and rolls back', async () => {
    machine.engine.fail({ command: 'compose up', message: 'Bind for 0.0.0.0:80 failed: port is already allocated' })
    const outcome = await run('2')
    expect(outcome).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain('0.0.0.0:80 of the server is used by another container or program')
    expect(machine.image('web')).toBe('app:1')
  })

  it('requires manual intervention when the rollback fails too, and the next deploy works', async () => {
    machine.engine.fail({ command: 'compose up', message: 'no such network', times: 9 })
    const outcome = await run('2')
    expect(outcome).toMatchObject({ result: 'rollback-failed', release: undefined, failure: { exitStatus: 2 } })
    expect(outcome.failure).toMatchObject({
      title: 'Rollback failed: manual intervention required',
      next: expect.stringContaining('rollback.sh'),
    })
    machine.engine.clearFaults()
    expect(await run('2')).toMatchObject({ result: 'deployed' })
  })

  it('waits for an engine that restarts during the health check', async () => {
    machine.watch({
      after: verb => {
        if (verb === 'activate') machine.engine.down()
      },
      before: verb => {
        if (verb === 'verify' && machine.clock.sleeps.at(-1) === 1_000) machine.engine.up()
      },
    })
    machine.clock.sleeps.length = 0
    expect(await run('2')).toMatchObject({ result: 'deployed' })
    expect(machine.clock.sleeps[0]).toBe(1_000)
  })

  it('rolls a healthy release back that cannot be confirmed, as the disk is full', async () => {
    machine.fillDiskOnce()
    const outcome = await run('2')
    expect(outcome).toMatchObject({ result: 'rolled-back', release: { version: 'v1' }, failure: { exitStatus: 1 } })
    expect(outcome.headline).toContain('cannot be confirmed on a full disk; rolled back to')
    expect(machine.image('web')).toBe('app:1')
  })

  it.each([
    ['while the first inspection is made', 1_000],
    ['between the two inspections', 0],
  ])('starts again what an engine that was killed left stopped, %s', async (_, wait) => {
    const kills = [() => machine.engine.restartKilled()]
    machine.watch({
      before: verb => {
        if (verb === 'verify' && machine.clock.sleeps.length > 0 === (wait === 0)) kills.pop()?.()
      },
    })
    machine.clock.sleeps.length = 0
    expect(await run('2')).toMatchObject({ result: 'deployed' })
    expect([machine.image('web'), machine.image('db')]).toEqual(['app:2', 'postgres:17'])
    expect(machine.log.text).toContain('warning: Containers were stopped during the health check: shop-web-1')
  })

  it('starts them once only, and rolls back', async () => {
    machine.watch({
      before: verb => {
        if (verb === 'verify' && machine.image('web') === 'app:2') machine.engine.restartKilled()
      },
    })
    expect(await run('2')).toMatchObject({ result: 'rolled-back', release: { id: first } })
    expect(machine.image('web')).toBe('app:1')
  })

  it('starts an unchanged release whose containers a killed engine left stopped', async () => {
    machine.engine.restartKilled()
    expect(machine.image('web')).toBeUndefined()
    expect(await run('1')).toMatchObject({ result: 'deployed' })
    expect([machine.image('web'), machine.image('db')]).toEqual(['app:1', 'postgres:17'])
  })

  it('goes on, and says so, where an image of the rollback target is gone', async () => {
    await run('bad', { onFailure: 'keep' })
    machine.engine.change(state => {
      for (const [id, container] of Object.entries(state.containers))
        if (container.name.startsWith('deploy-holds-')) delete state.containers[id]
      const gone = state.registry['docker.io/library/app:1']?.id ?? ''
      delete state.images[gone]
    })
    expect(await run('2')).toMatchObject({ result: 'deployed' })
    expect(machine.log.text).toContain('of the rollback target is not on this server any more')
  })

  it('keeps only so many releases, and a failure of that is a warning', async () => {
    for (const tag of ['2', '3']) expect(await run(tag, { keepReleases: 2 })).toMatchObject({ result: 'deployed' })
    expect((await machine.run('ls', `${machine.path}/.deploy/releases`)).split('\n')).toHaveLength(2)
    expect(machine.engine.imageId('app:1')).toBeDefined()
    machine.watch({
      before: verb => {
        if (verb === 'prune') throw new Error('the disk is slow')
      },
    })
    const outcome = await run('1', { keepReleases: 2 })
    expect(outcome).toMatchObject({ result: 'deployed' })
    expect(outcome.failure).toBeUndefined()
    expect(machine.log.text).toContain('warning: Old releases not pruned: the disk is slow')
  })
})
