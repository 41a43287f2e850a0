import { parseContainers } from '@deploy-actions/core/compose/containers'
import { containersCommand } from '@deploy-actions/testkit/compose-commands'
import type { Behaviour } from '@deploy-actions/testkit/stub-engine/stub-engine'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Server } from './server.ts'

let server: Server
beforeEach(async () => {
  server = await Server.create()
})
afterEach(() => server[Symbol.dispose]())

/** As our actions look at a project. */
async function look() {
  const [, , script = '', ...args] = containersCommand('shop')
  const quoted = args.map(arg => `'${arg}'`).join(' ')
  return parseContainers(await server.print(`sh -c '${script.replaceAll("'", "'\\''")}' ${quoted}`))
}

describe('what our actions see of a container', () => {
  it.each<[Behaviour, string, object]>([
    ['healthy', 'no', { state: 'running', health: 'healthy', restartCount: 0 }],
    ['running', 'no', { state: 'running', health: undefined }],
    ['unhealthy', 'always', { state: 'running', health: 'unhealthy', healthLog: ['the probe failed'] }],
    ['starting', 'always', { state: 'running', health: 'starting' }],
    ['one-shot', 'no', { state: 'exited', exitCode: 0 }],
    ['crash', 'no', { state: 'exited', exitCode: 1 }],
    ['crash', 'unless-stopped', { state: 'restarting', exitCode: 1, restartPolicy: 'unless-stopped' }],
    [{ exit: 9 }, 'on-failure:3', { state: 'restarting', exitCode: 9 }],
    ['one-shot', 'on-failure', { state: 'exited', exitCode: 0 }],
  ])('%j with restart: %s', async (behaviour, restart, expected) => {
    const { id } = server.engine.addImage({ reference: 'app:v1', behaviour })
    await server.up(`  web: { image: 'app:v1', restart: '${restart}' }`)
    expect(await look()).toStrictEqual([
      expect.objectContaining({ name: 'shop-web-1', service: 'web', imageId: id, imageRef: 'app:v1', ...expected }),
    ])
  })

  it('follows a behaviour step by step, and counts restarts', async () => {
    server.engine.addImage({ reference: 'app:v1', behaviour: ['starting', 'healthy', 'crash'] })
    await server.up(`  web: { image: 'app:v1', restart: always }`)
    const seen = []
    for (let count = 0; count < 4; count++) seen.push((await look())[0])
    expect(seen.map(one => [one?.state, one?.health, one?.restartCount])).toStrictEqual([
      ['running', 'starting', 0],
      ['running', 'healthy', 0],
      ['restarting', 'unhealthy', 0],
      ['restarting', 'unhealthy', 1],
    ])
  })

  it('takes a behaviour of the service before that of the image', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    server.engine.behave('db', 'unhealthy')
    await server.up(`  web: { image: 'app:v1' }\n  db: { image: 'app:v1' }`)
    expect((await look()).map(({ service, health }) => [service, health])).toStrictEqual([
      ['db', 'unhealthy'],
      ['web', 'healthy'],
    ])
  })

  it('sees no container of another project', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    await server.up(`  web: { image: 'app:v1' }`)
    await server.print('docker create --name holds app:v1')
    expect(await look()).toHaveLength(1)
  })
})

describe('docker stop, start, rename, rm', () => {
  it('change the state of a container', async () => {
    server.engine.addImage({ reference: 'app:v1', volumes: ['/data'] })
    await server.up(`  web: { image: 'app:v1' }`)
    const id = await server.print('docker ps -q --no-trunc')
    expect(await server.print(`docker stop -t 3 ${id}`)).toBe(id)
    expect(await server.print('docker ps -q; docker ps -aq --filter status=exited')).toBe(id.slice(0, 12))
    await server.print(`docker rename ${id} left && docker start left`)
    expect(await server.print("docker ps --format '{{.Names}} {{.State}}'")).toBe('left running')
    const running = await server.sh('docker rm left')
    expect(running).toMatchObject({ status: 1, stderr: expect.stringContaining('container is running') })
    await server.print('docker rm -f -v left')
    expect(server.engine.snapshot()).toMatchObject({ containers: {}, volumes: {} })
  })

  it('go on after a name that does not exist', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    await server.print('docker create --name aa app:v1')
    const { status, stdout, stderr } = await server.sh('docker rm none aa')
    expect({ status, stdout, stderr }).toStrictEqual({
      status: 1,
      stdout: 'aa\n',
      stderr: 'Error response from daemon: No such container: none\n',
    })
  })

  it('refuse a name that is taken', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    await server.print('docker create --name aa app:v1; docker create --name bb app:v1')
    for (const command of ['docker rename aa bb', 'docker create --name bb app:v1']) {
      const { status, stderr } = await server.sh(command)
      expect({ status, stderr }).toStrictEqual({
        status: 1,
        stderr: expect.stringMatching(
          /Conflict\. The container name "\/bb" is already in use by container "[0-9a-f]{64}"/,
        ),
      })
    }
  })
})

describe('a restart of the engine', () => {
  it('starts containers by their restart policy', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    const services = ['always', 'unless-stopped', 'no'].map(
      policy => `  ${policy}: { image: 'app:v1', restart: '${policy}' }`,
    )
    await server.up(services.join('\n'))
    const states = async () => Object.fromEntries((await look()).map(({ service, state }) => [service, state]))
    server.engine.restart()
    expect(await states()).toStrictEqual({ always: 'running', 'unless-stopped': 'running', no: 'exited' })
    await server.print('docker stop shop-always-1 shop-unless-stopped-1')
    server.engine.restart()
    expect(await states()).toStrictEqual({ always: 'running', 'unless-stopped': 'exited', no: 'exited' })
  })
})

describe('docker logs', () => {
  it('prints the last lines', async () => {
    server.engine.addImage({ reference: 'app:v1', logs: ['one', 'two', 'three'] })
    await server.up(`  web: { image: 'app:v1' }`)
    expect(await server.print('docker logs --tail 2 shop-web-1 2>&1')).toBe('two\nthree')
  })
})
