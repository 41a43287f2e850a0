import { appendFileSync } from 'node:fs'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { DiskFull } from '@deploy-actions/core/release/program-failure'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { release } from '../release/examples.ts'
import { fakeServer, projectOptions, storeSections } from './fake-project.ts'
import { Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

let machine: Machine
let r1: string
let r2: string
beforeAll(async () => {
  machine = await Machine.create()
  r1 = await run('1')
  r2 = await run('2')
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

const run = async (tag: string) => (await machine.deploy(tag)).release?.id ?? ''
const back = (to = '', more: Parameters<Machine['options']>[1] = {}) =>
  rollback({ ...machine.options('none', more), to }, machine.context({ purpose: 'rollback' }))

describe('rollback', () => {
  it('leads to the previous release, and never to one that was rolled back from', async () => {
    expect(await back()).toMatchObject({ result: 'rolled-back', release: { id: r1 }, previous: { id: r2 } })
    expect(machine.image('web')).toBe('app:1')
    expect(await machine.read('.env')).toBe("TAG='1'\n")
    expect(machine.log.text).toContain(`.env of ${r1} (v1) is restored; other values than in ${r2} (v2): TAG\n`)
    await run('3')
    expect(await back()).toMatchObject({ result: 'rolled-back', release: { id: r1 } })
    expect(await back('v2')).toMatchObject({ result: 'rolled-back', release: { id: r2 } })
    expect(machine.image('web')).toBe('app:2')
  })

  it('pulls images that are gone by their digest', async () => {
    await machine.run('sh', '-c', 'docker image ls -q --filter reference=app | xargs -n 1 docker rmi -f || true')
    machine.engine.change(state => {
      for (const [id, image] of Object.entries(state.images)) {
        if (
          image.digests.some(digest => digest.includes('/app@')) &&
          !Object.values(state.containers).some(each => each.imageId === id)
        ) {
          delete state.images[id]
        }
      }
    })
    expect(await back()).toMatchObject({ result: 'rolled-back' })
    expect(machine.image('web')).toBe('app:1')
  })

  it('refuses a release whose files were modified on the server', async () => {
    await machine.run('sh', '-c', `echo '# oh' >>'${machine.path}/.deploy/releases/${r1}/files/compose.yaml'`)
    const outcome = await back()
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain('compose.yaml: FAILED')
    expect(machine.image('web')).toBe('app:2')
  })

  it.each(['plan', 'images.yml', 'env'])('refuses a release whose %s was changed on the server', async name => {
    await machine.run('sh', '-c', `echo '# oh' >>'${machine.path}/.deploy/releases/${r1}/${name}'`)
    const outcome = await back()
    expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1 } })
    expect(outcome.failure?.message).toContain(`was changed on the server after it was stored:\n${name}: FAILED`)
    expect([machine.image('web'), await machine.read('.env')]).toEqual(['app:2', "TAG='2'\n"])
  })

  it('refuses a release that was not stored by a deploy', async () => {
    await machine.run(
      'sh',
      '-c',
      `cd '${machine.path}/.deploy/releases' && mkdir made && cp -r ${r1}/. made
sed -i 's/"id": *"[^"]*"/"id":"made"/' made/release.json`,
    )
    const outcome = await back('made')
    expect(outcome.failure?.message).toContain('release made was not stored by')
    expect(machine.image('web')).toBe('app:2')
  })

  it.each([0, 1])('works after %s deploys by another login user, who had no checksums', async deploys => {
    await machine.run('sh', '-c', `rm -rf '${machine.folder}/home/.local/state'`)
    if (deploys > 0) await run('3')
    expect(await back('v1')).toMatchObject({ result: 'rolled-back', release: { id: r1 } })
  })

  it('works for two login users in turn: what the other one stored is trusted when a deploy starts from it', async () => {
    const state = `${machine.folder}/home/.local/state`
    await machine.run('sh', '-c', `rm -rf '${state}' '${state}.A'`)
    await run('3')
    await machine.run('mv', state, `${state}.A`)
    await machine.deploy('1')
    await machine.run('sh', '-c', `rm -rf '${state}'; mv '${state}.A' '${state}'`)
    expect(await machine.deploy('bad')).toMatchObject({ result: 'rolled-back' })
    expect(machine.image('web')).toBe('app:1')
  })

  it('that is refused leaves a way out', async () => {
    machine.watch({
      after: verb => {
        if (verb === 'activate') appendFileSync(`${machine.path}/.deploy/releases/${r2}/plan`, '# oh\n')
      },
    })
    const outcome = await machine.deploy('bad')
    expect(outcome).toMatchObject({ result: 'rollback-failed', failure: { exitStatus: 2 } })
    expect(outcome.failure?.message).toContain('was changed on the server after it was stored')
    machine.wrap = host => host
    expect(await back('v1')).toMatchObject({ result: 'rolled-back', release: { id: r1 } })
  })

  it('returns to the release that ran when the chosen one is unhealthy now', async () => {
    machine.engine.change(state => {
      for (const [id, image] of Object.entries(state.images)) {
        if (image.logs[0]?.startsWith('app:1')) state.images[id] = { ...image, behaviour: 'unhealthy' }
      }
    })
    const outcome = await back()
    expect(outcome).toMatchObject({ result: 'rolled-back', release: { id: r2 }, failure: { exitStatus: 1 } })
    expect(machine.image('web')).toBe('app:2')
  })

  it('that could not be started, and whose return fails as well, is not taken for one of another run', async () => {
    let calls = 0
    machine.wrap = host => {
      const call = host.run.bind(host)
      host.run = async command => {
        if (command.argv[5] !== 'rollback') return call(command)
        calls += 1
        // It failed before its intent was written.
        if (calls === 1) return { exitCode: 1, stdout: '', stderr: 'activating: Permission denied' }
        machine.engine.fail({ command: 'compose up', message: 'no such network' })
        return call(command)
      }
      return host
    }
    const outcome = await back()
    expect(outcome).toMatchObject({ result: 'rollback-failed', failure: { exitStatus: 2 } })
    expect(outcome.failure?.message).toContain(`The rollback to ${r2} (v2) failed: docker compose up failed`)
    expect(await machine.read('.deploy/pending')).toMatch(/^phase rollback-failed$/m)
  })

  it.each(['adopt', 'store'])('works on a full disk, and names what it could not save (%s)', async full => {
    await machine.put('conf/web.conf', 'edited on the server\n')
    machine.watch({
      before: verb => {
        if (verb === full) throw new DiskFull({ title: "The server's disk is full", message: 'No space left.' })
      },
    })
    expect(await back()).toMatchObject({ result: 'rolled-back', release: { id: r1 }, previous: { id: r2 } })
    expect([machine.image('web'), await machine.read('conf/web.conf')]).toEqual(['app:1', 'colour = blue\n'])
    expect(machine.log.text).toContain(
      'What it replaces or removes of this is lost: changed on the server: conf/web.conf.',
    )
  })

  it('on a full disk returns to the release that ran when the chosen one does not start', async () => {
    await machine.put('conf/web.conf', 'edited on the server\n')
    let isSecond = false
    machine.watch({
      before: verb => {
        if (verb === 'adopt') throw new DiskFull({ title: "The server's disk is full", message: 'No space left.' })
        if (verb !== 'rollback' || isSecond) return
        isSecond = true
        machine.engine.fail({ command: 'compose up', message: 'no such network' })
      },
    })
    expect(await back()).toMatchObject({ result: 'rolled-back', release: { id: r2 }, failure: { exitStatus: 1 } })
    expect(machine.image('web')).toBe('app:2')
  })

  it('names what can be chosen when there is no previous release', async () => {
    await back()
    await expect(back()).rejects.toThrow('There is no previous release to roll back to')
    await expect(back('v7')).rejects.toThrow('No release on the server is "v7"')
  })

  it('works beside a damaged record', async () => {
    const r3 = await run('3')
    await machine.put(`.deploy/releases/${r2}/release.json`, '{"format":2,')
    expect(await back()).toMatchObject({ release: { id: r1 }, previous: { id: r3 } })
    expect(machine.log.text).toContain(`The record of release ${r2} is not JSON`)
  })
})

describe('the rollback point of a rollback', () => {
  it('has the files that differ from the release to come', async () => {
    const differences = 'changed mine.conf\nextra b\nchanged .env'
    const image = 'sha256:v1\t{"id":"sha256:v1","digests":[]}'
    const { context, programs } = fakeServer(
      { verify: { sections: { differences } }, pull: { sections: { images: image } }, adopt: { status: 1 } },
      storeSections([release(1), release(2)]),
    )
    const failing = rollback({ ...machine.options('1'), ...projectOptions, to: '' }, context)
    await expect(failing).rejects.toThrow()
    expect(programs[0]?.callsOf('adopt')[0]?.stdin).toBe('mine.conf\nb\n.\n')
  })
})
