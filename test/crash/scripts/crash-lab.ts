import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureClient } from '../engine/engine.ts'
import { ensurePreload } from './preload.ts'
import { ensureTools, type Shell, type Tools } from './programs.ts'
import { PreparedScenario } from './runner.ts'
import type { Scenario } from './scenario.ts'
import { World } from './world.ts'

export interface CrashLabOptions {
  readonly shell: Shell
  readonly workers: number
  /** A changed text of the server's program, for tests of the harness. */
  readonly program?: string
}

/** The worlds that share the points of each scenario. */
export class CrashLab {
  readonly tools: Tools
  /** The preloaded library, where this machine can have it. */
  readonly library: string | undefined
  readonly missingLibrary: string | undefined
  readonly #root: string
  readonly #worlds: readonly World[]

  constructor(
    tools: Tools,
    root: string,
    worlds: readonly World[],
    preload: Awaited<ReturnType<typeof ensurePreload>>,
  ) {
    this.tools = tools
    this.#root = root
    this.#worlds = worlds
    this.library = 'library' in preload ? preload.library : undefined
    this.missingLibrary = 'missing' in preload ? preload.missing : undefined
  }

  /** The project directory, as the points name it. */
  readonly project = 'srv/shop'

  prepare(scenario: Scenario): Promise<PreparedScenario> {
    return PreparedScenario.make(scenario, this.#worlds, this.tools.shell, this.library)
  }

  async close(): Promise<void> {
    await Promise.all(this.#worlds.map(world => world.close()))
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** Or the reason why this machine cannot have it. In memory, where there is such a file system: each point copies a server. */
export async function openCrashLab({
  shell,
  workers,
  program,
}: CrashLabOptions): Promise<CrashLab | { readonly missing: string }> {
  const tools = await ensureTools(shell)
  if ('missing' in tools) return tools
  const [preload, client] = await Promise.all([ensurePreload(), ensureClient()])
  const root = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'deploy-actions-crash-'))
  const worlds = await Promise.all(
    Array.from({ length: workers }, (_, i) => World.open(path.join(root, `${i + 1}`), tools, { client, program })),
  )
  return new CrashLab(tools, root, worlds, preload)
}
