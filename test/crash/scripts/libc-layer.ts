import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type CallFault, type CallPoint, type LoggedCall, parseLog, readMap, writeMap } from './preload.ts'
import type { Outcome, Server, ServerCommand } from './server.ts'

export interface WatchedOutcome extends Outcome {
  readonly calls: readonly LoggedCall[]
  readonly isReached: boolean
  /** How many calls got an error. */
  readonly failed: number
}

/** Runs a command under the preloaded library. */
export async function runWatched(
  server: Server,
  library: string,
  command: ServerCommand,
  point?: CallPoint,
  fault?: CallFault,
): Promise<WatchedOutcome> {
  mkdirSync(server.notes, { recursive: true })
  const map = path.join(server.notes, 'map')
  const log = path.join(server.notes, 'calls')
  rmSync(log, { force: true })
  writeMap(map, server.notes, point, fault)
  const outcome = await server.run(command, {
    env: { LD_PRELOAD: library, CRASH_MAP: map, CRASH_LOG: log },
    sessions: () => readMap(map).sessions,
  })
  const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
  return { ...outcome, ...readMap(map), calls: parseLog(text, server.live) }
}
