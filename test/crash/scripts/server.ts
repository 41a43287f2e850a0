import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { endAll, membersOf, waitForEnd } from './processes.ts'

const run = promisify(execFile)

/** A command on a server: with the server's PATH and HOME and nothing else of this machine. */
export interface ServerCommand {
  readonly argv: readonly string[]
  readonly stdin?: string | Uint8Array
}

/** How a command of a server ended, when nothing of it is alive any more. */
export interface Outcome {
  /** 128 + n when signal n ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** Command lines of what outlived its time limit and had to be killed. */
  readonly leftAlive: readonly string[]
}

export interface RunOptions {
  /** Searched before the server's own programs. */
  readonly pathPrefix?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called while the command runs, until it returns true. */
  readonly watch?: (token: string, leader: number) => boolean
  /** The sessions that the run had, where they are known. */
  readonly sessions?: () => readonly number[]
}

const LONGEST_RUN_MS = 120_000
const POLL_MS = 3
let runs = 0

/**
 * A directory that stands for a server. What a script sees of it has the same absolute path in every run: each run begins with a
 * fresh copy of a template at that path.
 */
export class Server {
  /** Holds everything; one for each worker. */
  readonly root: string
  /** What the scripts work on. */
  readonly live: string
  readonly project: string
  readonly home: string
  /** What the harness notes of a run. */
  readonly notes: string
  /** The directory of PATH. */
  readonly programs: string
  /** The text of the server's program, as the scripts are now unless a test changed it. */
  readonly program: string

  constructor(root: string, programs: string, program: string) {
    this.root = root
    this.program = program
    this.live = path.join(root, 'live')
    this.project = path.join(this.live, 'srv/shop')
    this.home = path.join(this.live, 'home')
    this.notes = path.join(root, 'notes')
    this.programs = programs
  }

  /** An empty server. */
  clear(): void {
    rmSync(this.live, { recursive: true, force: true })
    for (const folder of [this.project, this.home, path.join(this.live, 'tmp'), this.notes])
      mkdirSync(folder, { recursive: true })
  }

  hasTemplate(name: string): boolean {
    return existsSync(path.join(this.root, 'templates', name))
  }

  /** Keeps the present state under a name. */
  async save(name: string): Promise<void> {
    const target = path.join(this.root, 'templates', name)
    rmSync(target, { recursive: true, force: true })
    mkdirSync(path.dirname(target), { recursive: true })
    await run('cp', ['-a', this.live, target])
  }

  /** Brings a kept state back. */
  async restore(name: string): Promise<void> {
    await run('rm', ['-rf', this.live])
    await run('cp', ['-a', path.join(this.root, 'templates', name), this.live])
  }

  /** Runs a command to its end, and waits for everything that it started. */
  async run(command: ServerCommand, options: RunOptions = {}): Promise<Outcome> {
    const [program = '', ...args] = command.argv
    runs++
    const token = `${process.pid}-${runs}`
    mkdirSync(this.notes, { recursive: true })
    const files = { stdout: path.join(this.notes, 'stdout'), stderr: path.join(this.notes, 'stderr') }
    const output = [openSync(files.stdout, 'w'), openSync(files.stderr, 'w')] as const
    const child = spawn(program, args, {
      cwd: this.home,
      detached: true,
      env: {
        PATH: [options.pathPrefix, this.programs].filter(part => part !== undefined).join(':'),
        HOME: this.home,
        LOOK_AGAIN: '0',
        TMPDIR: path.join(this.live, 'tmp'),
        CRASH_RUN: token,
        ...options.env,
      },
      stdio: ['pipe', ...output],
    })
    for (const fd of output) closeSync(fd)
    // Who is killed reads no input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(command.stdin ?? '')
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    const limit = setTimeout(() => endAll(membersOf(token, [child.pid ?? 0])), LONGEST_RUN_MS)
    const watcher =
      options.watch && setInterval(() => options.watch?.(token, child.pid ?? 0) && clearInterval(watcher), POLL_MS)
    const [code, signal] = await ended
    const sessions = () => [child.pid ?? 0, ...(options.sessions?.() ?? [])]
    const leftAlive = await waitForEnd(token, sessions)
    clearTimeout(limit)
    clearInterval(watcher)
    return {
      status: code ?? 128 + (signal ? constants.signals[signal] : 0),
      stdout: readFileSync(files.stdout, 'utf8'),
      stderr: readFileSync(files.stderr, 'utf8'),
      leftAlive,
    }
  }
}
