import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Server } from './server.ts'

let server: Server
beforeEach(async () => {
  server = await Server.create()
  for (const tag of ['v1', 'v2']) server.engine.addImage({ reference: `app:${tag}`, volumes: ['/data'] })
})
afterEach(() => server[Symbol.dispose]())

const lines = (text: string) =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
const ids = () => server.print(`docker ps -a --no-trunc --format '{{.Names}} {{.ID}}' | sort`)

describe('docker compose up', () => {
  it('creates and starts services in the order of their dependencies', async () => {
    const { status, stdout, stderr } = await server.up(
      `  web: { image: 'app:v1', depends_on: [db] }\n  db: { image: 'app:v1', scale: 2 }`,
    )
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '' })
    expect(lines(stderr)).toStrictEqual([
      'Network shop_default Creating',
      'Network shop_default Created',
      'Container shop-db-1 Creating',
      'Container shop-db-1 Created',
      'Container shop-db-2 Creating',
      'Container shop-db-2 Created',
      'Container shop-web-1 Creating',
      'Container shop-web-1 Created',
      'Container shop-db-1 Starting',
      'Container shop-db-1 Started',
      'Container shop-db-2 Starting',
      'Container shop-db-2 Started',
      'Container shop-web-1 Starting',
      'Container shop-web-1 Started',
    ])
  })

  it('sets the labels that Compose sets, with the hash that it computes', async () => {
    await server.up(`  web: { image: 'app:v1', labels: { own: $$HOME } }`)
    const labels = JSON.parse(await server.print("docker inspect --format '{{json .Config.Labels}}' shop-web-1"))
    const prefix = 'com.docker.compose'
    expect(labels).toStrictEqual({
      [`${prefix}.config-hash`]: (await server.print("docker compose config --hash '*'")).split(' ')[1],
      [`${prefix}.container-number`]: '1',
      [`${prefix}.depends_on`]: '',
      [`${prefix}.image`]: server.engine.imageId('app:v1'),
      [`${prefix}.oneoff`]: 'False',
      [`${prefix}.project`]: 'shop',
      [`${prefix}.project.config_files`]: join(server.project, 'compose.yaml'),
      [`${prefix}.project.working_dir`]: server.project,
      [`${prefix}.service`]: 'web',
      [`${prefix}.version`]: await server.print('docker compose version --short'),
      own: '$HOME',
    })
  })

  it('keeps what has not changed, and starts it when it is stopped', async () => {
    const services = `  web: { image: 'app:v1' }\n  db: { image: 'app:v1' }`
    await server.up(services)
    const before = await ids()
    await server.print('docker stop shop-db-1')
    const { stderr } = await server.up(services)
    expect(await ids()).toBe(before)
    expect(lines(stderr)).toStrictEqual([
      'Container shop-web-1 Running',
      'Container shop-db-1 Starting',
      'Container shop-db-1 Started',
    ])
  })

  it('recreates what has changed, with its anonymous and named volumes', async () => {
    const volumes = `volumes: { named: {} }`
    const mounts = `volumes: ['named:/named', '/anonymous']`
    await server.up(`  web: { image: 'app:v1', ${mounts} }`, volumes)
    const before = server.engine.snapshot()
    const { stderr } = await server.up(`  web: { image: 'app:v2', ${mounts} }`, volumes)
    expect(lines(stderr)).toStrictEqual([
      'Container shop-web-1 Recreate',
      'Container shop-web-1 Recreated',
      'Container shop-web-1 Starting',
      'Container shop-web-1 Started',
    ])
    const after = server.engine.snapshot()
    expect(after.volumes).toStrictEqual(before.volumes)
    expect(after.containers['shop/web/1']).toStrictEqual({
      ...before.containers['shop/web/1'],
      image: server.engine.imageId('app:v2'),
      configHash: expect.any(String),
    })
    expect(Object.keys(after.containers)).toStrictEqual(['shop/web/1'])
  })

  it('recreates a service whose tag has moved', async () => {
    await server.up(`  web: { image: 'app:v1' }`)
    const moved = server.engine.addImage({ reference: 'app:v1', content: 'moved' })
    await server.up(`  web: { image: 'app:v1' }`)
    expect(server.engine.snapshot().containers['shop/web/1']?.image).toBe(moved.id)
  })

  it('scales up and down', async () => {
    await server.up(`  web: { image: 'app:v1' }`)
    await server.up(`  web: { image: 'app:v1', scale: 3 }`)
    expect(Object.keys(server.engine.snapshot().containers)).toStrictEqual(['shop/web/1', 'shop/web/2', 'shop/web/3'])
    await server.up(`  web: { image: 'app:v1', deploy: { replicas: 1 } }`)
    expect(Object.keys(server.engine.snapshot().containers)).toStrictEqual(['shop/web/1'])
  })

  it('leaves orphans with a warning, or removes them', async () => {
    await server.up(`  web: { image: 'app:v1' }\n  old: { image: 'app:v1' }`)
    const { stderr } = await server.up(`  web: { image: 'app:v1' }`)
    expect(stderr).toMatch(/level=warning msg="Found orphan containers \(shop-old-1\) for this project\./)
    expect(Object.keys(server.engine.snapshot().containers)).toStrictEqual(['shop/old/1', 'shop/web/1'])
    await server.print('docker compose -p shop -f compose.yaml up -d --no-build --remove-orphans 2>&1')
    expect(Object.keys(server.engine.snapshot().containers)).toStrictEqual(['shop/web/1'])
  })

  it('fails for an image that is missing, and pulls it where it is allowed to', async () => {
    const never = await server.up(`  web: { image: 'registry.lab/app:v3', pull_policy: never }`)
    expect(never).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^Error response from daemon: No such image: registry\.lab\/app:v3$/m),
    })
    const missing = await server.up(`  web: { image: 'registry.lab/app:v3' }`)
    expect(missing).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^Error response from daemon: manifest for/m),
    })
    server.engine.pushImage({ reference: 'registry.lab/app:v3' })
    expect((await server.up(`  web: { image: 'registry.lab/app:v3' }`)).status).toBe(0)
  })

  it('fails for a name that is taken, a port that is taken, and what is external and missing', async () => {
    await server.print('docker create --name mine app:v1')
    const name = await server.up(`  web: { image: 'app:v1', container_name: mine }`)
    expect(name).toMatchObject({ status: 1, stderr: expect.stringContaining('Conflict. The container name "/mine"') })
    const port = await server.up(
      `  a: { image: 'app:v1', ports: ['80:80'] }\n  b: { image: 'app:v1', ports: ['80:80'] }`,
    )
    expect(port).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Bind for 0.0.0.0:80 failed: port is already allocated'),
    })
    const external = await server.up(
      `  web: { image: 'app:v1', volumes: ['data:/d'] }`,
      'volumes: { data: { external: true } }',
    )
    expect(external).toMatchObject({ status: 1, stderr: expect.stringContaining('external volume "data" not found') })
  })

  it('waits for dependencies, and fails with one that is unhealthy', async () => {
    server.engine.behave('db', ['starting', 'starting', 'healthy'])
    server.engine.behave('task', 'one-shot')
    const services = (condition: string) =>
      `  web: { image: 'app:v1', depends_on: { db: { condition: service_healthy }, task: { condition: ${condition} } } }
  db: { image: 'app:v1' }\n  task: { image: 'app:v1' }`
    expect((await server.up(services('service_completed_successfully'))).status).toBe(0)
    server.engine.behave('db', 'unhealthy')
    await server.print('docker rm -f shop-db-1')
    const unhealthy = await server.up(services('service_completed_successfully'))
    expect(unhealthy).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^dependency failed to start: container shop-db-1 is unhealthy$/m),
    })
  })

  it('makes a directory of a bind source that is missing', async () => {
    await server.up(`  web: { image: 'app:v1', volumes: ['./settings.conf:/settings.conf:ro'] }`)
    expect(existsSync(join(server.project, 'settings.conf'))).toBe(true)
  })

  it('fails with the words of the real Compose', async () => {
    const wrong = await server.up(`  web: { image: 'app:v1', imagee: x }`)
    expect(wrong).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("additional properties 'imagee' not allowed"),
    })
  })

  it('names what it does not imitate', async () => {
    const shared = await server.up(`  web: { image: 'app:v1', network_mode: 'service:db' }\n  db: { image: 'app:v1' }`)
    expect(shared).toMatchObject({ status: 125, stderr: expect.stringContaining('service:db is not imitated') })
  })
})

describe('docker compose down', () => {
  it('removes containers and networks by their labels, and keeps volumes', async () => {
    await server.up(
      `  web: { image: 'app:v1', volumes: ['named:/named'] }\n  old: { image: 'app:v1' }`,
      'volumes: { named: {} }',
    )
    const { volumes } = server.engine.snapshot()
    const down = 'cd / && docker compose --project-name shop --project-directory / down --remove-orphans'
    expect(await server.sh(down)).toMatchObject({ status: 0, stdout: '' })
    expect(server.engine.snapshot()).toMatchObject({ containers: {}, volumes, networks: ['bridge', 'host', 'none'] })
    expect((await server.sh(down)).stderr).toContain('No resource found to remove for project')
  })
})
