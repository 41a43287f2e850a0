import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Server } from './server.ts'

let server: Server
beforeEach(async () => {
  server = await Server.create()
})
afterEach(() => server[Symbol.dispose]())

const REGISTRY = 'registry.lab:5000'

describe('docker pull', () => {
  it('stores the image with its digest, and moves the tag', async () => {
    const first = server.engine.pushImage({ reference: `${REGISTRY}/app:v1`, content: 'first' })
    const pulled = await server.print(`docker pull ${REGISTRY}/app:v1`)
    expect(pulled.split('\n')).toStrictEqual([
      'v1: Pulling from app',
      `Digest: ${first.digest}`,
      `Status: Downloaded newer image for ${REGISTRY}/app:v1`,
      `${REGISTRY}/app:v1`,
    ])
    expect(await server.print(`docker pull ${REGISTRY}/app:v1`)).toContain('Status: Image is up to date for')
    const second = server.engine.pushImage({ reference: `${REGISTRY}/app:v1`, content: 'second' })
    await server.print(`docker pull ${REGISTRY}/app:v1`)
    expect(server.engine.snapshot().images).toStrictEqual({
      [first.id]: [`${REGISTRY}/app@${first.digest}`],
      [second.id]: [`${REGISTRY}/app:v1`, `${REGISTRY}/app@${second.digest}`],
    })
    await server.print(`docker pull ${REGISTRY}/app@${first.digest}`)
  })

  it('fails as the registry does', async () => {
    const none = await server.sh(`docker pull ${REGISTRY}/none:1`)
    expect(none).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`manifest for ${REGISTRY}/none:1 not found`),
    })
    server.engine.pushImage({ reference: `${REGISTRY}/app:v1` })
    server.engine.failPull(`${REGISTRY}/app:v1`, 'Error response from daemon: toomanyrequests: slow down')
    expect((await server.sh(`docker pull ${REGISTRY}/app:v1`)).stderr).toContain('toomanyrequests')
    server.engine.failPull(`${REGISTRY}/app:v1`)
    await server.print(`docker pull ${REGISTRY}/app:v1`)
  })

  it('needs a login where the registry requires one', async () => {
    server.engine.pushImage({ reference: `${REGISTRY}/app:v1` })
    server.engine.requireLogin(REGISTRY, 'deployer', 'secret')
    const refused = await server.sh(`docker pull ${REGISTRY}/app:v1`)
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('no basic auth credentials') })
    const login = `docker --config ./config login --username deployer --password-stdin ${REGISTRY}`
    expect((await server.sh(`echo wrong | ${login}`)).status).toBe(1)
    expect(await server.print(`echo secret | ${login}`)).toBe('Login Succeeded')
    expect((await server.sh(`docker pull ${REGISTRY}/app:v1`)).status).toBe(1)
    await server.print(`docker --config ./config pull ${REGISTRY}/app:v1`)
  })
})

describe('docker image inspect', () => {
  const format = `'{"id":{{json .ID}},"digests":{{json .RepoDigests}}}'`

  it('finds an image by tag, ID, beginning of the ID and digest', async () => {
    const image = server.engine.pullImage({ reference: 'nginx' })
    const names = ['nginx', 'docker.io/library/nginx:latest', image.id, image.id.slice(7, 19), `nginx@${image.digest}`]
    const printed = await server.print(`docker image inspect --format ${format} ${names.join(' ')}`)
    const line = JSON.stringify({ id: image.id, digests: [`nginx@${image.digest}`] })
    expect(printed.split('\n')).toStrictEqual(names.map(() => line))
  })

  it('fails where there is none', async () => {
    const { status, stderr } = await server.sh(`docker image inspect --format ${format} nginx`)
    expect({ status, stderr }).toStrictEqual({
      status: 1,
      stderr: 'Error response from daemon: No such image: nginx:latest\n',
    })
  })
})

describe('docker rmi', () => {
  it('takes a tag away, the image with its last one, and with the repository its digest', async () => {
    const image = server.engine.pullImage({ reference: `${REGISTRY}/app:v1` })
    await server.print(`docker tag ${image.id} ${REGISTRY}/app:deploy-1`)
    await server.print(`docker rmi ${REGISTRY}/app:v1`)
    expect(server.engine.snapshot().images).toStrictEqual({
      [image.id]: [`${REGISTRY}/app:deploy-1`, `${REGISTRY}/app@${image.digest}`],
    })
    await server.print(`docker rmi ${REGISTRY}/app:deploy-1`)
    expect(server.engine.snapshot().images).toStrictEqual({})
  })

  it('refuses the last tag of an image that a container uses', async () => {
    server.engine.addImage({ reference: 'app:v1' })
    await server.print('docker create --name holds app:v1')
    const { status, stderr } = await server.sh('docker rmi app:v1')
    expect({ status, stderr }).toStrictEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^Error response from daemon: conflict: unable to remove repository reference "app:v1"/,
      ),
    })
    await server.print('docker tag app:v1 app:other && docker rmi app:v1')
  })
})

describe('docker image prune', () => {
  it('removes untagged images, with --all also unused ones', async () => {
    const first = server.engine.addImage({ reference: 'app:v1', content: 'first' })
    const second = server.engine.addImage({ reference: 'app:v1', content: 'second' })
    const used = server.engine.addImage({ reference: 'used:v1' })
    await server.print('docker create --name holds used:v1')
    expect(Object.keys(server.engine.snapshot().images).sort()).toStrictEqual([first.id, second.id, used.id].sort())
    await server.print('docker image prune -f')
    expect(Object.keys(server.engine.snapshot().images).sort()).toStrictEqual([second.id, used.id].sort())
    await server.print('docker image prune -af')
    expect(server.engine.snapshot().images).toStrictEqual({ [used.id]: ['used:v1'] })
    await server.print('docker system prune -af')
    expect(server.engine.snapshot()).toMatchObject({ containers: {}, images: {} })
  })
})
