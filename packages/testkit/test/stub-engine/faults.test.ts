import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Server } from './server.ts'

let server: Server
beforeEach(async () => {
  server = await Server.create()
  server.engine.addImage({ reference: 'app:v1' })
  server.engine.addImage({ reference: 'app:v2' })
})
afterEach(() => server[Symbol.dispose]())

const OLD = `  web: { image: 'app:v1' }\n  db: { image: 'app:v1' }`
const NEW = `  web: { image: 'app:v2' }\n  db: { image: 'app:v1' }`

describe('a fault', () => {
  it('strikes the calls that it names, and no others', async () => {
    server.engine.fail({ command: 'ps', skip: 1, times: 2 })
    const statuses = []
    for (let count = 0; count < 4; count++) statuses.push((await server.sh('docker ps -q')).status)
    expect(statuses).toStrictEqual([0, 1, 1, 0])
    server.engine.fail({ command: 'tag ', message: 'no space left on device', exitStatus: 3 })
    expect(await server.sh('docker ps -q; docker tag app:v1 app:v3')).toMatchObject({
      status: 3,
      stderr: 'no space left on device\n',
    })
  })

  it('kills an up after each of its steps, and the next up completes', async () => {
    await server.up(OLD)
    const before = server.engine.state()
    await server.up(NEW)
    const after = server.engine.snapshot()
    let killed = 0
    for (; ; killed++) {
      server.engine.restore(before)
      server.engine.fail({ command: 'compose up', changes: killed, action: 'kill-group' })
      const { status } = await server.up(NEW)
      server.engine.clearFaults()
      if (status === 0) break
      expect(status).toBe(137)
      await server.print(`docker ps -a --filter status=created --format '{{.ID}} {{.Names}}' |
        sed -n 's/ [0-9a-f]*_.*//p' | xargs -r docker rm -f`)
      await server.up(NEW)
      expect({ killed, ...server.engine.snapshot() }).toStrictEqual({ killed, ...after })
    }
    // Created, stopped, removed, renamed, started.
    expect(killed).toBe(5)
  })

  it('lets a call hang without blocking others', async () => {
    server.engine.fail({ command: 'compose up', changes: 1, action: 'hang' })
    server.write('compose.yaml', `services:\n${OLD}`)
    const script = 'timeout 3 docker compose -p shop up -d --no-build 2>/dev/null & sleep 1; docker ps -q; wait $!'
    expect((await server.sh(script)).status).toBe(124)
  })
})

it('ends a call whose output nobody reads any more, in the middle of its work', async () => {
  server.write('compose.yaml', `services:\n${OLD}`)
  const up = 'docker compose -p shop up -d --no-build 2>&1'
  expect(await server.print(`{ ${up}; echo $? >status; } | head -n 1; cat status`)).toMatch(/Creating\s+141$/)
  expect(Object.values(server.engine.snapshot().containers).every(({ status }) => status === 'created')).toBe(true)
})

it('has every call on record, also one that is refused', async () => {
  await server.sh(`docker --config x compose -p shop --file compose.yaml config; docker frobnicate; docker ps -a -q`)
  expect(server.engine.calls().map(({ command }) => command)).toStrictEqual([
    'compose config',
    'frobnicate',
    'ps -a -q',
  ])
  server.engine.clearCalls()
  expect(server.engine.calls()).toStrictEqual([])
})

it.each([
  ['docker frobnicate', 'docker frobnicate'],
  ['docker ps --size -q', 'the flag --size of docker ps'],
  ['docker ps -q --filter ancestor=app', 'docker ps --filter ancestor'],
  ['docker compose ps', 'docker compose ps'],
  ['docker -H tcp://x ps', "the flag -H before docker's command"],
  ['docker container inspect --format "{{.HostConfig.Memory}}" cc', 'the field .Memory in a template'],
])('refuses %s', async (command, what) => {
  await server.print('docker create --name cc app:v1')
  expect(await server.sh(command)).toMatchObject({ status: 125, stderr: `stub engine: ${what} is not imitated\n` })
})

it('does not respond while the engine is down; config works', async () => {
  server.write('compose.yaml', `services:\n${OLD}`)
  server.engine.down()
  for (const command of [
    'docker ps -q',
    "docker version --format '{{.Server.Version}}'",
    'docker compose up -d --no-build',
  ]) {
    const { status, stderr } = await server.sh(command)
    expect({ status, stderr }).toStrictEqual({
      status: 1,
      stderr: expect.stringMatching(/connect to the docker (daemon|API)/i),
    })
  }
  expect(await server.print('docker compose config --services | sort; docker context show')).toBe('db\nweb\ndefault')
  server.engine.up()
  await server.print('docker ps -q')
})

it('lets calls overlap without losing a change', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `cc${index}`)
  await server.print(`${names.map(name => `docker create --name ${name} app:v1 >/dev/null &`).join(' ')} wait`)
  expect(Object.keys(server.engine.snapshot().containers).sort()).toStrictEqual(names.sort())
})

it('takes over the lock of a process that is gone', async () => {
  writeFileSync(`${server.engine.store.path}.lock`, '999999999 1')
  await server.print('docker create --name aa app:v1')
})

it('is not seen by a preloaded library', async () => {
  // Each program that the loader starts complains: this test's shell and the wrapper's, but not node.
  const { stderr } = await server.sh('docker ps -q', { LD_PRELOAD: '/none.so' })
  expect(stderr.match(/cannot be preloaded/g)).toHaveLength(2)
})

it('is taken over as it is where the folder has one', async () => {
  await server.print('docker create --name aa app:v1')
  const again = await createStubEngine(join(server.folder, 'engine'))
  expect(Object.keys(again.snapshot().containers)).toStrictEqual(['aa'])
})
