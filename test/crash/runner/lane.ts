import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureClient } from '../engine/engine.ts'
import { ensureTools, type Tools } from '../scripts/programs.ts'
import type { Snapshot } from '../scripts/snapshot.ts'
import { World } from '../scripts/world.ts'
import { type Disturbance, type EngineEnd, type Order, runEngine } from './engine-run.ts'
import type { Scenario } from './scenarios.ts'
import { IMAGES, writeWorkspaces } from './versions.ts'

/** A server, and what one worker does with it. */
export class Lane {
  readonly world: World
  readonly #workspaces: string

  private constructor(world: World, workspaces: string) {
    this.world = world
    this.#workspaces = workspaces
    writeWorkspaces(workspaces)
  }

  static async open(root: string, tools: Tools, client: string | undefined): Promise<Lane> {
    return new Lane(await World.open(root, tools, { client }), path.join(root, 'workspaces'))
  }

  /** Makes the state that a scenario begins with. */
  async prepare(scenario: Scenario): Promise<Snapshot> {
    // Scenarios that begin alike share what was made once.
    await this.world.once(`before ${scenario.setup.name}`, async () => {
      await this.world.clear()
      for (const image of IMAGES) this.world.engine.stub.pushImage(image)
      await scenario.setup(this.world.server, this.#workspaces)
    })
    this.world.begin()
    return this.snapshot()
  }

  run(order: Order, disturbance?: Disturbance): Promise<EngineEnd> {
    return runEngine(this.world.server, this.#workspaces, order, disturbance)
  }

  save(name: string): Promise<void> {
    return this.world.save(name)
  }

  restore(name: string): Promise<void> {
    return this.world.restore(name)
  }

  snapshot(): Snapshot {
    return this.world.snapshot()
  }

  close(): Promise<void> {
    return this.world.close()
  }
}

/** The lanes that share the points of each scenario. */
export interface Lanes extends AsyncDisposable {
  readonly lanes: readonly Lane[]
}

/** Or the reason why this machine cannot have them. In memory, where there is such a file system: each point copies a server. */
export async function openLanes(workers: number): Promise<Lanes | { readonly missing: string }> {
  const tools = await ensureTools('dash')
  if ('missing' in tools) return tools
  const client = await ensureClient()
  const root = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'crash-runner-'))
  const lanes = await Promise.all(
    Array.from({ length: workers }, (_, index) => Lane.open(path.join(root, `${index + 1}`), tools, client)),
  )
  return {
    lanes,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(lanes.map(lane => lane.close()))
      rmSync(root, { recursive: true, force: true })
    },
  }
}
