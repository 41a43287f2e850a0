import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createStubEngine, type StubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { comparedForms, formOf } from '../../packages/testkit/test/stub-engine/call-forms.ts'
import { Normaliser, type Output } from '../../packages/testkit/test/stub-engine/normalise.ts'
import {
  composing,
  importStored,
  keeping,
  pulling,
  REGISTRY,
  recovering,
  restarting,
  type Step,
} from '../../packages/testkit/test/stub-engine/sequence.ts'
import { docker } from './docker.ts'
import { type FaultTag, pushFaultImages } from './example-images.ts'
import { closeLab, type Lab, openLab } from './lab.ts'
import type { PushedImage } from './registry.ts'
import type { LabServer } from './server.ts'

const NAME = 'stub-engine'
let lab: Lab
let images: Record<FaultTag, PushedImage>
let folder: string

beforeAll(async () => {
  lab = await openLab({ name: NAME, servers: ['debian', { name: 'newest', compose: 'latest' }], registry: true })
  images = await pushFaultImages(lab)
  folder = await mkdtemp(join(tmpdir(), 'stub-engine-'))
}, 600_000)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await closeLab(NAME)
}, 60_000)

/** An engine, real or not, that runs a script in the project's directory: the same path for both. */
interface Side {
  run(script: string): Promise<Output>
  stopEngine(): Promise<void>
  startEngine(): Promise<void>
  killEngine(): Promise<void>
  importStored(): Promise<void>
}

const servers = ['newest', 'debian'] as const
const sides = new Map<string, { readonly real: Side; readonly stub: Side & { readonly engine: StubEngine } }>()

beforeAll(async () => {
  for (const name of servers) {
    const server = lab.server(name)
    const directory = join(folder, name)
    await mkdir(directory)
    await server.reset({ images: true })
    sides.set(name, { real: await realSide(server, directory), stub: await stubSide(server, directory) })
  }
}, 120_000)

describe('the stub beside a real engine, with the newest and an old Compose', () => {
  // In this order: each starts from the state that the previous one left.
  it.each([
    ['pulls', pulling],
    ['composes', composing],
    ['recovers', recovering],
    ['keeps and removes', keeping],
    ['restarts', restarting],
  ] as const)(
    '%s alike',
    async (_, steps) => {
      const played = [...sides].flatMap(([name, { real, stub }]) => [real, stub].map(side => play(side, steps, name)))
      const [newest, stubOfNewest, debian, stubOfDebian] = await Promise.all(played)
      expect(stubOfNewest).toStrictEqual(newest)
      expect(stubOfDebian).toStrictEqual(debian)
    },
    400_000,
  )

  it('has been compared in every form of call that it stands for', () => {
    const forms = new Set(
      sides
        .get('newest')
        ?.stub.engine.calls()
        .map(({ args }) => formOf(args)),
    )
    expect(comparedForms.filter(form => !forms.has(form))).toStrictEqual([])
  })
})

async function play(side: Side, steps: readonly Step[], server: string) {
  const normaliser = new Normaliser(server !== 'newest')
  const seen = []
  for (const step of steps) {
    if ('engine' in step) {
      if (step.engine === 'stop') await side.stopEngine()
      else if (step.engine === 'kill') await side.killEngine()
      else await (step.engine === 'start' ? side.startEngine() : side.importStored())
    } else if (server === 'newest' || step.newestOnly !== true)
      seen.push({ name: step.name, ...normaliser.output(await side.run(step.script)) })
  }
  return seen
}

async function realSide(server: LabServer, directory: string): Promise<Side> {
  await server.exec(`mkdir -p '${directory}' && cat >'${directory}/password' && chown -R deploy '${directory}'`, {
    input: lab.registry.password,
  })
  return {
    async run(script) {
      const options = { user: 'deploy', check: false, timeout: 120_000 }
      const { exitCode, stdout, stderr } = await server.exec(`cd '${directory}' || exit; ${script}`, options)
      return { status: exitCode, stdout, stderr }
    },
    stopEngine: () => server.stopService('dockerd'),
    startEngine: () => server.startService('dockerd'),
    async killEngine() {
      await server.killService('dockerd')
      await server.startService('dockerd')
    },
    importStored: async () => void (await server.exec(importStored)),
  }
}

async function stubSide(server: LabServer, directory: string): Promise<Side & { readonly engine: StubEngine }> {
  const { password } = lab.registry
  await writeFile(join(directory, 'password'), password)
  const engine = await createStubEngine(`${directory}-engine`, { compose: await composeOf(server, directory) })
  engine.requireLogin(REGISTRY, 'deployer', password)
  const labels = { 'dev.deploy-actions.lab-image': 'app' }
  for (const [tag, behaviour] of [
    ['ok-v1', 'healthy'],
    ['ok-v2', 'healthy'],
    ['crash', 'crash'],
    ['sick', 'unhealthy'],
  ] as const) {
    const logs = ['app crash: ERROR cannot read /etc/app/settings.json: no such file']
    engine.pushImage({ reference: images[tag].reference, behaviour, labels, logs })
  }
  return {
    engine,
    async run(script) {
      const child = spawn('sh', ['-c', script], {
        cwd: directory,
        env: { PATH: `${engine.bin}:${process.env['PATH']}`, HOME: directory },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const { promise, resolve } = Promise.withResolvers<number>()
      child.on('close', status => resolve(status ?? 128))
      const [status, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)])
      return { status, stdout, stderr }
    },
    stopEngine: async () => engine.down(),
    startEngine: async () => engine.restart(),
    killEngine: async () => engine.restartKilled(),
    importStored: async () => void engine.addImage({ reference: 'stored:1', behaviour: 'running', volumes: ['/data'] }),
  }
}

/** The Compose that the server has, so that both compute the same hashes. */
async function composeOf(server: LabServer, directory: string): Promise<string> {
  const find = `for folder in /usr/local/lib /usr/lib /usr/libexec; do
    [ ! -x $folder/docker/cli-plugins/docker-compose ] || { echo $folder/docker/cli-plugins/docker-compose; exit; }; done`
  const path = (await server.exec(find)).stdout.trim()
  const target = `${directory}-compose`
  await docker(['cp', '--follow-link', `${server.container}:${path}`, target])
  await chmod(target, 0o755)
  return target
}
