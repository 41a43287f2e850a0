import { existsSync } from 'node:fs'
import { previewDeploy, previewRollback } from '@deploy-actions/core/deploy/dry-run'
import { describe as textOf } from '@deploy-actions/core/deploy/operation'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { COMPOSE, Machine } from './machine.ts'

// Each run starts some dozen real processes.
jest.setTimeout(240_000)

let machine: Machine
let [r1, r2]: (string | undefined)[] = []
beforeAll(async () => {
  machine = await Machine.create()
  r1 = (await machine.deploy('1')).release?.id
  r2 = (await machine.deploy('2')).release?.id
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

type More = Parameters<Machine['options']>[1]
const preview = (tag: string, more?: More) => previewDeploy(machine.options(tag, more), machine.context())
const back = (to = '') => previewRollback({ ...machine.options('none'), to }, machine.context())
const tree = () => machine.run('sh', '-c', `find '${machine.path}' -not -path '*/.deploy/tmp*' | sort`)

describe('previewDeploy', () => {
  it('prints what the deploy would do, and does none of it', async () => {
    const before = [await tree(), machine.engine.snapshot()]
    const { operations, present, same } = await preview('3')
    expect({ present, same }).toMatchObject({ present: { release: { id: r2 }, text: `${r2} (v2)` }, same: undefined })
    expect(operations.map(textOf)).toEqual([
      '▸ pull app:3',
      '= 2 files unchanged',
      '~ write .env',
      '= service db: postgres:17',
      '~ service web: app:2 → app:3',
      '▸ switch to the new release: files, .env, docker compose up',
      '▸ verify health, image IDs, checksums and .env',
      '▸ confirm the release',
      '▸ prune old releases: the newest 5 stay',
    ])
    expect(machine.log.text).toContain('0 files sent to a temporary folder (0 B), 2 were there already')
    expect([await tree(), machine.engine.snapshot()]).toStrictEqual(before)
  })

  it('reports that nothing would be deployed, unless a pull brings another image', async () => {
    const { operations, same } = await preview('2')
    expect(same?.id).toBe(r2)
    expect(operations).toEqual([])
    expect((await preview('2', { images: ['app'] })).operations.map(textOf)).toEqual(['▸ pull app:2'])
    machine.engine.restartKilled()
    expect(await preview('2')).toMatchObject({ same: undefined })
  })

  it.each<[string, string | RegExp, () => Promise<unknown>, More]>([
    ['a service without an image', 'Service web has no image', () => compose('image: app:${TAG}', 'build: .'), {}],
    ['a name that another project has', /holds another project: shop/, async () => {}, { projectName: 'other' }],
    ['an image that is not to be pulled', 'Image app:3 is not on the server', async () => {}, { pull: 'never' }],
    ['a path that is in the way', 'Files cannot be replaced on the server', () => block(), {}],
    ['a project that cannot be recorded', 'There is no rollback point', () => startWithShellVariable(), {}],
  ])('refuses what the deploy refuses: %s', async (_, title, prepare, more) => {
    await prepare()
    const refused = { title: expect.stringMatching(title), present: expect.anything() }
    await expect(preview('3', more)).rejects.toMatchObject(refused)
    await expect(machine.deploy('3', more)).rejects.toMatchObject(refused)
  })

  it('plans the first deploy to a server without the directory', async () => {
    await machine.clear()
    const { operations, present } = await preview('3')
    expect(present.release).toBeUndefined()
    expect(operations.map(textOf)).toContain('+ service web: app:3')
    expect(existsSync(machine.path)).toBe(false)
  })

  it('reports the warnings of the deploy', async () => {
    await machine.put('conf/web.conf', 'certificates\n')
    await preview('3')
    expect(machine.log.text).toContain('warning: Files changed on the server are overwritten: ')
  })
})

describe('previewRollback', () => {
  it('prints what the rollback would do, and does none of it', async () => {
    const before = [await tree(), machine.engine.snapshot()]
    const { operations, target, present } = await back()
    expect({ target, present }).toMatchObject({ target: { id: r1 }, present: { release: { id: r2 } } })
    expect(operations.map(textOf)).toEqual([
      '~ .env of that release is restored; other values than now: TAG',
      '= service db: postgres:17',
      '~ service web: app:2 → app:1',
      `▸ switch to ${r1} (v1): files, .env, docker compose up`,
      '▸ verify health, image IDs, checksums and .env',
      '▸ confirm the release',
    ])
    expect([await tree(), machine.engine.snapshot()]).toStrictEqual(before)
  })

  it('names the images that are gone, which it would pull by digest', async () => {
    await machine.run('sh', '-c', 'docker ps -aq --filter label=deploy-actions.holds | xargs -r docker rm -f -v')
    machine.engine.change(state => {
      const used = new Set(Object.values(state.containers).map(each => each.imageId))
      for (const id of Object.keys(state.images)) if (!used.has(id)) delete state.images[id]
    })
    expect((await back()).operations.map(textOf)[0]).toMatch(/^▸ pull (docker\.io\/library\/)?app@sha256:/)
  })

  it('refuses a release that is not there', async () => {
    await expect(back('v9')).rejects.toMatchObject({ title: 'Release not found', present: { text: `${r2} (v2)` } })
  })
})

async function compose(part: string, other: string): Promise<void> {
  await machine.write('compose.yaml', COMPOSE.replace(part, other))
}

async function block(): Promise<void> {
  await machine.run('sh', '-c', `cd '${machine.path}' && rm -r conf && mkdir -p conf/web.conf/theirs`)
}

async function startWithShellVariable(): Promise<void> {
  await machine.clear()
  await machine.put('compose.yaml', COMPOSE)
  await machine.run('sh', '-c', `cd '${machine.path}' && TAG=1 docker compose up -d --no-build 2>&1`)
}
