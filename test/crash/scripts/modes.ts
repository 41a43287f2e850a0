import { existsSync } from 'node:fs'
import path from 'node:path'
import { runWatched } from './libc-layer.ts'
import { type CallFault, ERROR_NAMES, type ErrorName, type LoggedCall, nameOfCall } from './preload.ts'
import type { Outcome, Server, ServerCommand } from './server.ts'
import {
  COMMAND_MODES,
  type CommandMode,
  type CommandPoint,
  countCommands,
  nameOfCommand,
  runShimmed,
} from './shims.ts'

/** Where a run is disturbed. Calls need the preloaded library; commands do not. */
export type Layer = 'calls' | 'commands'

/** What happens at a point. */
export interface Mode {
  readonly name: 'kill' | ErrorName | CommandMode
  /** Of a kill. */
  readonly signal?: 'KILL' | 'TERM'
  /** Whether an error is there from the point on, and not only once. */
  readonly stays?: boolean
  /** Whether the recovery meets the same full disk: then it has only the room that it makes. */
  readonly isStillFull?: boolean
}

export interface Point {
  /** Counted from 1, in the order of an undisturbed run. */
  readonly at: number
  /** Names it whatever the order: processes of a pipeline start in either. */
  readonly name: string
  /** What it works on, for people. */
  readonly about: string
  /** Whether a kill here leaves another state than a kill at the point before. */
  readonly isNewState: boolean
  readonly target: LoggedCall | CommandPoint
}

export interface DisturbedOutcome extends Outcome {
  /** Whether the run came to the point. */
  readonly isReached: boolean
}

const isCommandMode = (name: Mode['name']): name is CommandMode => (COMMAND_MODES as readonly string[]).includes(name)
const isError = (name: Mode['name']): name is ErrorName => (ERROR_NAMES as readonly string[]).includes(name)

export const layerOf = ({ name }: Mode): Layer => (isCommandMode(name) ? 'commands' : 'calls')

/** Whether the run ends there, so that it has no exit status. */
export const isKill = ({ name }: Mode): boolean => name === 'kill' || name === 'before' || name === 'after'

export const describeMode = ({ name, signal, stays, isStillFull }: Mode): string =>
  [name, signal && `with SIG${signal}`, stays && 'from there on', isStillFull && 'and during the recovery']
    .filter(Boolean)
    .join(' ')

/** The options of the replay line. */
export const modeOptions = ({ name, signal, stays, isStillFull }: Mode): string =>
  [`--mode ${name}`, signal && `--signal ${signal}`, stays && '--stays', isStillFull && '--still-full']
    .filter(Boolean)
    .join(' ')

/** Runs a command undisturbed, and lists its points. */
export async function listPoints(
  server: Server,
  layer: Layer,
  library: string | undefined,
  command: ServerCommand,
): Promise<{ outcome: Outcome; points: Point[] }> {
  if (layer === 'commands') {
    const { outcome, points } = await countCommands(server, command)
    return {
      outcome,
      points: points.map((target, i) => ({
        at: i + 1,
        name: nameOfCommand(target),
        about: '',
        isNewState: true,
        target,
      })),
    }
  }
  const outcome = await runWatched(server, needed(library), command)
  const points = outcome.calls.map((target, i) => ({
    at: i + 1,
    name: nameOfCall(target),
    about: target.paths.join(' -> '),
    isNewState: target.isNewState,
    target,
  }))
  return { outcome, points }
}

/** Runs a command with a fault at one point. */
export async function runDisturbed(
  server: Server,
  library: string | undefined,
  command: ServerCommand,
  { target }: Point,
  mode: Mode,
): Promise<DisturbedOutcome> {
  if (isCommandMode(mode.name)) return runShimmed(server, command, target, mode.name, mode.signal ?? 'KILL')
  if (!('call' in target)) throw new Error('A libc call is needed for this mode.')
  return runWatched(server, needed(library), command, target, callFault(mode))
}

/** Runs a step of a recovery: undisturbed, or on the disk that is still full. Whoever deletes the reserve has made room for all who follow. */
export function runRecovering(
  server: Server,
  library: string | undefined,
  command: ServerCommand,
  mode: Mode,
): Promise<Outcome> {
  if (!mode.isStillFull || !existsSync(path.join(server.project, '.deploy/reserve'))) return server.run(command)
  return runWatched(server, needed(library), command, undefined, callFault(mode))
}

/** The fault of a mode for the preloaded library, as far as it is one of those. */
export function callFault({ name, signal = 'KILL', stays = false }: Mode): CallFault {
  return isError(name) ? { mode: 'error', error: name, stays } : { mode: 'kill', signal }
}

function needed(library: string | undefined): string {
  if (library === undefined) throw new Error('Libc calls need the preloaded library.')
  return library
}
