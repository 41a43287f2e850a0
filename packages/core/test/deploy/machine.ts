import { randomUUID } from 'node:crypto'
import { access, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deploy } from '@deploy-actions/core/deploy/apply'
import type { Context } from '@deploy-actions/core/deploy/context'
import type { DeployOptions } from '@deploy-actions/core/deploy/options'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { collectFiles } from '@deploy-actions/core/host/files'
import type { Host } from '@deploy-actions/core/host/host'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { packTar } from '@deploy-actions/core/host/tar'
import { DiskFull } from '@deploy-actions/core/release/program-failure'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { createStubEngine, type StubEngine, type StubState } from '@deploy-actions/testkit/stub-engine/stub-engine'

export const COMPOSE = `name: shop
services:
  web:
    image: app:\${TAG}
    restart: unless-stopped
    volumes: ['./conf:/config:ro']
  db:
    image: postgres:17
    x-deploy: { role: accessory }
`

/** What a server and a workspace are made of: the home directory holds the seals of releases. */
const PARTS = ['srv', 'home', 'workspace']

/** A server (this machine, with a stub of Docker) and a workspace. The server's program is the real one. */
export class Machine implements AsyncDisposable {
  readonly folder: string
  readonly engine: StubEngine
  readonly clock = new ManualClock(Date.now())
  log = new RecordingLog()
  /** The connections that were made. */
  hosts: Host[] = []
  /** Replaces a connection: a test can disturb it. */
  wrap: (host: Host, number: number) => Host = host => host

  private constructor(folder: string, engine: StubEngine) {
    this.folder = folder
    this.engine = engine
  }

  static async create(): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), 'machine '))
    await mkdir(join(folder, 'engine'))
    await mkdir(join(folder, 'home'))
    const machine = new Machine(folder, await createStubEngine(join(folder, 'engine')))
    for (const tag of ['1', '2', '3']) machine.engine.pushImage({ reference: `app:${tag}` })
    machine.engine.pushImage({ reference: 'app:bad', behaviour: 'unhealthy' })
    machine.engine.pushImage({ reference: 'postgres:17' })
    await machine.write('compose.yaml', COMPOSE)
    await machine.write('conf/web.conf', 'colour = blue\n')
    return machine
  }

  #saved: StubState | undefined

  /** Keeps the server and the workspace as they are now, for `restore`. */
  async save(): Promise<void> {
    this.#saved = this.engine.state()
    for (const part of PARTS) await this.#copy(part, `saved/${part}`)
  }

  async restore(): Promise<void> {
    if (this.#saved === undefined) throw new Error('nothing was saved')
    this.engine.restore(this.#saved)
    for (const part of PARTS) await this.#copy(`saved/${part}`, part)
    this.log = new RecordingLog()
    this.hosts = []
    this.wrap = host => host
  }

  /** Leaves a server without any release or container. */
  async clear(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
    this.engine.change(state => {
      for (const id of Object.keys(state.containers)) delete state.containers[id]
    })
  }

  async #copy(from: string, to: string): Promise<void> {
    await rm(join(this.folder, to), { recursive: true, force: true })
    await cp(join(this.folder, from), join(this.folder, to), { recursive: true, verbatimSymlinks: true })
  }

  deploy(tag: string, more: Partial<DeployOptions> = {}): Promise<Outcome> {
    return deploy(this.options(tag, more), this.context())
  }

  /** Calls `before` before each call of the server's program, and `after` with each that completed; either can throw. */
  watch({
    before,
    after,
  }: {
    readonly before?: (verb: string) => unknown
    readonly after?: (verb: string) => unknown
  }): void {
    this.wrap = host => {
      const run = host.run.bind(host)
      host.run = async command => {
        const verb = command.argv[5]
        if (verb !== undefined) await before?.(verb)
        const result = await run(command)
        if (verb !== undefined) await after?.(verb)
        return result
      }
      return host
    }
  }

  /** The first commit finds no room on the disk. */
  fillDiskOnce(): void {
    let isFull = true
    this.watch({
      before: verb => {
        if (verb !== 'finish' || !isFull) return
        isFull = false
        throw new DiskFull({ title: "The server's disk is full", message: 'There was no space left.' })
      },
    })
  }

  get path(): string {
    return join(this.folder, 'srv', 'shop')
  }

  /** Writes a file of the workspace. */
  async write(path: string, text: string): Promise<void> {
    await this.#write(join(this.folder, 'workspace', path), text)
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, 'workspace', path), { recursive: true })
  }

  /** Writes a file of the project directory. */
  async put(path: string, text: string): Promise<void> {
    await this.#write(join(this.path, path), text)
  }

  /** The text of a file of the project directory; undefined when there is none. */
  read(path: string): Promise<string | undefined> {
    return readFile(join(this.path, path), 'utf8').catch(() => undefined)
  }

  async #write(file: string, text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Runs a command on the server. */
  async run(...argv: string[]): Promise<string> {
    await using host = this.#local()
    const result = await host.run({ argv, timeout: 60_000 })
    if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.stdout}${result.stderr}`)
    return result.stdout.trim()
  }

  /** The image that a service runs: `app:1`; undefined when it does not run. */
  image(service: string): string | undefined {
    const { containers, registry } = this.engine.state()
    const container = Object.values(containers).find(
      ({ labels, status }) => status === 'running' && labels['com.docker.compose.service'] === service,
    )
    return Object.entries(registry)
      .find(([, image]) => image.id === container?.imageId)?.[0]
      .replace('docker.io/library/', '')
  }

  /** The ID of a service's container that runs. */
  container(service: string): string | undefined {
    return Object.values(this.engine.state().containers).find(
      ({ labels, status }) => status === 'running' && labels['com.docker.compose.service'] === service,
    )?.id
  }

  options(tag: string, more: Partial<DeployOptions> = {}): DeployOptions {
    return {
      path: this.path,
      projectName: undefined,
      lockTimeout: 0,
      source: {
        root: join(this.folder, 'workspace'),
        place: 'the workspace',
        envRoot: join(this.folder, 'workspace'),
        composeFiles: [],
        files: ['conf'],
        env: [['TAG', tag]],
        envFile: undefined,
      },
      registries: [],
      images: [],
      pull: 'always',
      pullTimeout: 60_000,
      health: { waitTimeout: 20_000, stableFor: 1_000, url: undefined },
      onFailure: 'rollback',
      sha: undefined,
      version: `v${tag}`,
      keepReleases: 5,
      ...more,
    }
  }

  context(more: Partial<Context> = {}): Context {
    return {
      clock: this.clock,
      log: this.log,
      signal: new AbortController().signal,
      by: 'a test',
      purpose: 'deploy',
      mark: `mark-${randomUUID()}`,
      owner: randomUUID(),
      phase: (name, work) => {
        this.log.info(`phase ${name}`)
        return work()
      },
      connect: async () => {
        const host = closing(this.wrap(this.#local(), this.hosts.length + 1))
        this.hosts.push(host)
        return host
      },
      probe: async () => undefined,
      workspace: {
        collect: collectFiles,
        pack: packTar,
        exists: (root, path) =>
          access(join(root, path)).then(
            () => true,
            () => false,
          ),
        readText: (root, path) => readFile(join(root, path), 'utf8'),
      },
      ...more,
    }
  }

  #local(): LocalHost {
    return new LocalHost({ PATH: `${this.engine.bin}:${process.env['PATH']}`, HOME: join(this.folder, 'home') })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** As a connection is: after its end there are no more calls. */
function closing(host: Host): Host {
  const run = host.run.bind(host)
  const close = host[Symbol.asyncDispose].bind(host)
  let isClosed = false
  host.run = async command => {
    if (isClosed) throw new Error(`a call after the end of the connection: ${command.argv.join(' ')}`)
    return run(command)
  }
  host[Symbol.asyncDispose] = () => {
    isClosed = true
    return close()
  }
  return host
}
