import { composeCommand, configCommand } from '@deploy-actions/core/compose/command'
import { parseComposeConfig } from '@deploy-actions/core/compose/config'
import { parseContainers } from '@deploy-actions/core/compose/containers'
import { writeDotenv } from '@deploy-actions/core/compose/dotenv'
import { type Judgement, judge } from '@deploy-actions/core/compose/judge'
import { pinTag, writePins } from '@deploy-actions/core/compose/pins'
import { pollUntil } from '@deploy-actions/core/flow/poll'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { containersCommand, downCommand } from '@deploy-actions/testkit/compose-commands'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { closeLab, type Lab, openLab } from '../lab.ts'
import { BUSYBOX, environmentOf, IMAGE, importBusybox, runOn, writeProject } from './project.ts'

const NAME = 'compose-test'
let lab: Lab

/** The oldest and the newest Compose that the lab has. */
const servers = ['debian', 'newest'] as const

beforeAll(async () => {
  lab = await openLab({ name: NAME, servers: ['debian', { name: 'newest', compose: 'latest' }] })
  await Promise.all(lab.servers.map(importBusybox))
}, 600_000)

afterAll(() => closeLab(NAME), 60_000)

const hostile = [
  ...["'", '"', '\\', '$', '$$', '${X}', '$X', '${X:-y}', '#', ' #', '`', '!', '%', '=', ':', '~', '{{', '}}'],
  ...['\n', '\r', '\r\n', '\t', ' ', '\b', '\f', '\v', '\x01', '\x1b', '\x7f', '\u0085', '\u2028', '\u2029', '\uFEFF'],
  ...[
    '\\n',
    '\\0',
    '\\0134',
    '\\u0041',
    '\\$',
    "\\'",
    '\\"',
    '0',
    'a',
    'é',
    '🎉',
    'null',
    'true',
    'export ',
    '-----BEGIN',
  ],
]
const values = fc
  .oneof(
    fc.array(fc.constantFrom(...hostile), { maxLength: 12 }).map(parts => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  )
  .filter(value => !value.includes('\0') && value.isWellFormed())

const seed = Date.now()
const named = (count: number) =>
  fc.sample(values, { numRuns: count, seed }).map((value, i): [string, string] => [`K${i}`, value])

describe.each(servers)('a .env that writeDotenv wrote, read by the Compose of %s', name => {
  it('gives 4,000 values back byte for byte, as ${K} and through env_file', async () => {
    const entries = named(4_000)
    const project = await writeProject(lab.server(name), 'fuzz', {
      '.env': writeDotenv(entries),
      'compose.yaml': [
        'services:',
        '  interpolated:',
        `    image: ${IMAGE}`,
        '    environment:',
        ...entries.map(([key]) => `      ${key}: "\${${key}}"`),
        '  from-file:',
        `    image: ${IMAGE}`,
        '    env_file: .env',
      ].join('\n'),
    })
    for (const service of ['interpolated', 'from-file']) {
      const read = await environmentOf(lab.server(name), project, service)
      const wrong = entries
        .filter(([key, value]) => read[key] !== value)
        .map(([key, value]) => ({ value, read: read[key] }))
      expect({ seed, service, wrong }).toStrictEqual({ seed, service, wrong: [] })
    }
  }, 60_000)

  it('gives 300 values to a container byte for byte', async () => {
    const entries = named(300)
    const project = await writeProject(lab.server(name), 'fuzz-run', {
      '.env': writeDotenv(entries),
      'compose.yaml': `services: { a: { image: '${IMAGE}', env_file: .env, command: [${BUSYBOX}, cat, /proc/self/environ] } }`,
    })
    const { stdout } = await runOn(lab.server(name), composeCommand(project, 'run', '--rm', '-T', 'a'))
    const seen = new Map(stdout.split('\0').map(entry => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]))
    const wrong = entries.filter(([key, value]) => seen.get(key) !== value)
    expect({ seed, wrong }).toStrictEqual({ seed, wrong: [] })
  }, 60_000)
})

describe.each(servers)('composeCommand on %s', name => {
  it('keeps the variables of the shell from shadowing .env', async () => {
    const server = lab.server(name)
    const project = await writeProject(server, "it's a $HOME", {
      '.env': writeDotenv([
        ['TAG', 'of-the-release'],
        ['DOCKER_TAG', 'of-the-release'],
      ]),
      'compose.yaml': `services: { a: { image: '${IMAGE}', environment: { A: "\${TAG}", B: "\${DOCKER_TAG}" } } }`,
    })
    const exported = { TAG: 'shadow', DOCKER_TAG: 'shadow', COMPOSE_FILE: '/nope', COMPOSE_PROJECT_NAME: 'shadow' }
    const plain = ['docker', 'compose', '-f', `${project.directory}/compose.yaml`, 'config']
    expect((await runOn(server, plain, exported)).stdout).toContain('A: shadow')
    expect(await environmentOf(server, project, 'a', exported)).toStrictEqual({
      A: 'of-the-release',
      B: 'of-the-release',
    })
  })

  it('ends a command that takes too long', async () => {
    const server = lab.server(name)
    const compose = `services: { a: { image: '${IMAGE}', command: [${BUSYBOX}, sleep, '60'] } }`
    const project = await writeProject(server, 'slow', { 'compose.yaml': compose })
    const slow = composeCommand({ ...project, timeout: 3 }, 'run', '--rm', '-T', 'a')
    await expect(runOn(server, slow)).rejects.toThrow('status 124')
    await runOn(server, downCommand(project.projectName))
  }, 30_000)
})

const project = `
services:
  fine: { image: '${IMAGE}', command: [${BUSYBOX}, sleep, '999'], init: true, healthcheck: { test: [CMD, ${BUSYBOX}, 'true'], interval: 1s } }
  task: { image: '${IMAGE}', command: [${BUSYBOX}, 'true'] }
  crash: { image: '${IMAGE}', command: [${BUSYBOX}, sh, -c, 'exit 3'], restart: always, x-deploy: { ready-within: 60s } }
  failed: { image: '${IMAGE}', command: [${BUSYBOX}, 'false'] }
  ill:
    image: '${IMAGE}'
    init: true
    command: [${BUSYBOX}, sleep, '999']
    healthcheck: { test: [CMD, ${BUSYBOX}, sh, -c, 'echo no database; exit 1'], interval: 1s, retries: 2 }
  three:
    image: '${IMAGE}'
    init: true
    scale: 3
    command: [${BUSYBOX}, sh, -c, '${BUSYBOX} mkdir /shared/one && exec ${BUSYBOX} sleep 999; exit 9']
    volumes: ['shared:/shared']
volumes: { shared: {} }
`

describe.each(servers)('a project on %s', name => {
  it('is judged by all of its containers', async () => {
    const server = lab.server(name)
    const shop = await writeProject(server, 'shop', { 'compose.yaml': project })
    const look = async () => parseContainers((await runOn(server, containersCommand(shop.projectName))).stdout)
    expect(await look()).toStrictEqual([])
    const { services } = parseComposeConfig((await runOn(server, configCommand(shop))).stdout)
    expect(services.find(service => service.name === 'crash')?.xDeploy).toStrictEqual({ readyWithin: 60_000 })
    await runOn(server, composeCommand(shop, 'up', '--detach'))
    const isSettled = (judgement: Judgement) => judgement.services.every(({ verdict }) => verdict !== 'waiting')
    const { seen } = await pollUntil(
      async () => judge({ services, containers: await look(), elapsed: 0, timeout: 60_000 }),
      isSettled,
      { interval: 500, timeout: 40_000 },
      systemClock,
    )
    const told = seen.services.map(({ verdict, reason }) => `${verdict}: ${reason}`)
    expect(told).toStrictEqual([
      expect.stringMatching(/^unhealthy: crash: container shop-crash-1 exits with 3 again and again \(\d+ restarts\)$/),
      'unhealthy: failed: container shop-failed-1 exits with 1',
      'healthy: fine: healthy',
      'unhealthy: ill: container shop-ill-1 is unhealthy: the last probe said "no database"',
      'healthy: task: completed',
      expect.stringMatching(/^unhealthy: three: container shop-three-[123] exits with 9$/),
    ])
    await runOn(server, downCommand(shop.projectName))
    expect(await look()).toStrictEqual([])
  }, 90_000)

  it('runs the images that its pins name, and recreates nothing whose image stays', async () => {
    const server = lab.server(name)
    const image = (await runOn(server, ['docker', 'image', 'inspect', '--format', '{{.ID}}', IMAGE])).stdout.trim()
    const pin = pinTag(IMAGE, image, 'pinned')
    const compose = `services: { a: { image: 'gone.invalid/a:1', init: true, command: [${BUSYBOX}, sleep, '999'] } }`
    const pinned = await writeProject(server, 'pinned', {
      'compose.yaml': compose,
      'images.yml': writePins([{ name: 'a', image: pin, labels: { l: '$HOME' } }]),
    })
    await runOn(server, ['docker', 'tag', IMAGE, pin])
    const up = composeCommand({ ...pinned, composeFiles: ['compose.yaml', 'images.yml'] }, 'up', '--detach')
    const look = async () => parseContainers((await runOn(server, containersCommand('pinned'))).stdout)
    await runOn(server, up)
    const [first] = await look()
    expect(first).toMatchObject({ imageId: image, imageRef: pin, labels: { l: '$HOME' } })
    await runOn(server, up)
    expect((await look()).map(({ id }) => id)).toStrictEqual([first?.id])
    await runOn(server, downCommand('pinned'))
  }, 60_000)
})
