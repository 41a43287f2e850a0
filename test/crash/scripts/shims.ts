import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { membersOf, signalAll } from './processes.ts'
import { COMMANDS } from './programs.ts'
import type { Outcome, Server, ServerCommand } from './server.ts'

/** What happens at an external command. */
export const COMMAND_MODES = ['before', 'after', 'exit-1', 'no-space', 'denied'] as const
export type CommandMode = (typeof COMMAND_MODES)[number]

export interface CommandPoint {
  readonly program: string
  /** The first argument, where it tells uses of a program apart. */
  readonly flag?: string
  readonly occurrence: number
}

/** The program prints a log while a switch runs: how often it looks for more is a question of time. It uses these for nothing else. */
const TIMED: ReadonlySet<string> = new Set(['sleep', 'head -c'])
const WITH_FLAG: ReadonlySet<string> = new Set(['head'])

export const nameOfCommand = ({ program, flag, occurrence }: CommandPoint): string =>
  `${program}${flag === undefined ? '' : ` ${flag}`} #${occurrence}`

/** 1 is an answer of these ("not found", "differs"); an error is 2. */
const STATUS_OF_AN_ERROR: Readonly<Record<string, number>> = { grep: 2, cmp: 2 }

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function prepare(server: Server): { folder: string; notes: string } {
  const folder = path.join(server.root, 'shims')
  const notes = path.join(server.notes, 'shims')
  for (const each of [folder, notes]) {
    rmSync(each, { recursive: true, force: true })
    mkdirSync(each, { recursive: true })
  }
  return { folder, notes }
}

function writeShim(folder: string, name: string, lines: readonly string[]): void {
  const file = path.join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${lines.join('\n')}\n`)
  chmodSync(file, 0o755)
}

/** Runs a command undisturbed; returns every external command that it started, in order. */
export async function countCommands(
  server: Server,
  command: ServerCommand,
): Promise<{ outcome: Outcome; points: CommandPoint[] }> {
  const { folder, notes } = prepare(server)
  const log = path.join(notes, 'log')
  for (const name of COMMANDS) {
    const flag = WITH_FLAG.has(name) ? ' $1' : ''
    writeShim(folder, name, [
      `echo "${name}${flag}" >>${quote(log)}`,
      `exec ${quote(path.join(server.programs, name))} "$@"`,
    ])
  }
  const outcome = await server.run(command, { pathPrefix: folder })
  const counts = new Map<string, number>()
  const points = (existsSync(log) ? readFileSync(log, 'utf8') : '')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const occurrence = (counts.get(line) ?? 0) + 1
      counts.set(line, occurrence)
      const [program = '', flag] = line.split(' ')
      return { program, occurrence, ...(flag === undefined ? {} : { flag }) }
    })
    .filter(
      ({ program, flag, occurrence }) =>
        occurrence === 1 || !TIMED.has(flag === undefined ? program : `${program} ${flag}`),
    )
  return { outcome, points }
}

/** Runs a command with a fault at one external command. A kill is the harness's: the shim waits for it. */
export async function runShimmed(
  server: Server,
  command: ServerCommand,
  point: CommandPoint,
  mode: CommandMode,
  signal: 'KILL' | 'TERM',
): Promise<Outcome & { isReached: boolean }> {
  const { folder, notes } = prepare(server)
  const real = quote(path.join(server.programs, point.program))
  const reached = path.join(notes, 'reached')
  const wait = [`true >${quote(reached)}`, `exec ${quote(path.join(server.programs, 'sleep'))} 600`]
  const fail = (message: string) => [
    `true >${quote(reached)}`,
    message,
    `exit ${STATUS_OF_AN_ERROR[point.program] ?? 1}`,
  ]
  const effects: Record<CommandMode, string[]> = {
    before: wait,
    after: [`${real} "$@" || :`, ...wait],
    'exit-1': fail(':'),
    'no-space': fail(`echo ${quote(`${point.program}: write error: No space left on device`)} >&2`),
    denied: fail(`echo ${quote(`${point.program}: cannot open: Permission denied`)} >&2`),
  }
  writeShim(folder, point.program, [
    ...(point.flag === undefined ? [] : [`[ "$1" = ${quote(point.flag)} ] || exec ${real} "$@"`]),
    // Each process claims the next number; the creation of a file excludes the others.
    'number=1',
    'set -C',
    `until { true >${quote(path.join(notes, 'claim'))}.$number; } 2>/dev/null; do number=$((number + 1)); done`,
    'set +C',
    `if [ "$number" = ${point.occurrence} ]; then`,
    ...effects[mode],
    'fi',
    `exec ${real} "$@"`,
  ])
  const isKill = mode === 'before' || mode === 'after'
  const outcome = await server.run(command, {
    pathPrefix: folder,
    ...(isKill ? { watch: (token: string, leader: number) => endAt(reached, token, leader, signal) } : {}),
  })
  return { ...outcome, isReached: existsSync(reached) }
}

function endAt(reached: string, token: string, leader: number, signal: 'KILL' | 'TERM'): boolean {
  if (!existsSync(reached)) return false
  // Those that were started while the list was made are in the next one.
  for (let round = 0; round < (signal === 'KILL' ? 5 : 1); round++)
    signalAll(membersOf(token, [leader]), `SIG${signal}`)
  return true
}
