import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { serverProgram } from '@deploy-actions/build/server-program'
import { WarmEngine } from '../engine/engine.ts'
import { installPrograms, type Tools } from './programs.ts'
import { Server } from './server.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'

export interface WorldOptions {
  /** The small `docker` of ensureClient. */
  readonly client?: string | undefined
  /** A changed text of the server's program. */
  readonly program?: string | undefined
}

/** A server with a stub engine: what one worker of the harness works on. */
export class World {
  readonly server: Server
  readonly engine: WarmEngine
  #volumes: ReadonlySet<string> = new Set()
  readonly #hashes = new Map<string, string>()

  private constructor(server: Server, engine: WarmEngine) {
    this.server = server
    this.engine = engine
  }

  static async open(root: string, tools: Tools, options: WorldOptions = {}): Promise<World> {
    const { client, program = serverProgram() } = options
    mkdirSync(root, { recursive: true })
    const server = new Server(root, path.join(root, 'bin'), program)
    const engine = await WarmEngine.start(path.join(server.live, 'engine'), path.join(root, 'engine'), client)
    installPrograms(server.programs, tools, engine.docker)
    return new World(server, engine)
  }

  /** An empty server, with the images that the scenarios use and another project that is none of theirs. */
  async clear(): Promise<void> {
    const { server, engine } = this
    const empty = engine.stub.state()
    server.clear()
    mkdirSync(path.join(server.live, 'engine'), { recursive: true })
    engine.stub.restore({ ...empty, next: 1, containers: {}, volumes: {}, images: {} })
    for (const reference of ['app:1', 'app:2', 'api:1']) engine.stub.addImage({ reference, behaviour: 'running' })
    for (const reference of ['worker:1', 'db:1'])
      engine.stub.addImage({ reference, behaviour: 'running', volumes: ['/data'] })
    await this.#startNeighbour()
  }

  async #startNeighbour(): Promise<void> {
    const folder = path.join(this.server.live, 'srv/neighbour')
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      path.join(folder, 'compose.yaml'),
      'services:\n  web:\n    image: app:1\n  worker:\n    image: worker:1\n',
    )
    const compose = [
      'compose',
      '--project-directory',
      folder,
      '-p',
      'neighbour',
      '-f',
      path.join(folder, 'compose.yaml'),
    ]
    execFileSync(this.engine.docker, [...compose, 'up', '-d', '--no-build'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    await this.server.run({ argv: [path.join(this.server.programs, 'sh'), '-c', ':'] })
  }

  imageId = (reference: string): string => {
    const id = this.engine.stub.imageId(reference)
    if (id === undefined) throw new Error(`The stub engine has no image ${reference}.`)
    return id
  }

  /** Has a state that scenarios share made once, and then copied. */
  async once(name: string, make: () => Promise<void>): Promise<void> {
    if (this.server.hasTemplate(name)) return this.restore(name)
    await make()
    this.learn()
    await this.save(name)
  }

  save(name: string): Promise<void> {
    return this.server.save(name)
  }

  restore(name: string): Promise<void> {
    return this.server.restore(name)
  }

  /** The present state is OLD: volumes that are not there yet are new ones. */
  begin(): void {
    const { volumes } = this.engine.stub.state()
    this.#volumes = new Set(Object.values(volumes).map(({ id }) => id))
    this.learn()
  }

  /** Names the configurations of the present containers. Each worker's server goes through the same states, so the names are the same. */
  learn(): void {
    for (const [key, { configHash }] of Object.entries(this.engine.stub.snapshot().containers)) {
      if (configHash !== undefined && !this.#hashes.has(configHash))
        this.#hashes.set(configHash, `config ${this.#hashes.size} of ${key}`)
    }
  }

  snapshot(): Snapshot {
    return takeSnapshot(this.server.project, this.engine.stub.snapshot(), {
      root: this.server.live,
      volumes: this.#volumes,
      hashes: this.#hashes,
    })
  }

  close(): Promise<void> {
    return this.engine.stop()
  }
}
