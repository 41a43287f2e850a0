import type { Clock } from '../flow/clock.ts'
import { keepAlive } from '../host/heartbeat.ts'
import type { HeldProcess, Host } from '../host/host.ts'
import { CommandTimeout } from '../host/host-error.ts'
import type { Log } from '../runner/log.ts'
import { ActionError } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import type { Guard, ServerProgram } from './program.ts'
import { LockLost } from './program-failure.ts'
import type { Sections } from './sections.ts'

export interface Holder {
  /** A run, a person: whom to contact. */
  readonly who: string
  /** ISO 8601. */
  readonly since: string
  readonly why: string
}

export interface LockOptions {
  readonly holder: Holder
  /** A random word by which a run recognises its own lock. */
  readonly owner: string
  /** Milliseconds to wait while somebody else has it. */
  readonly wait: number
  readonly clock: Clock
  readonly log: Log
  /** Ends the wait; not the lock, which is needed for cleaning up too. */
  readonly signal?: AbortSignal
  /** Milliseconds between signs of life, and after how many of silence the server frees the lock. */
  readonly heartbeat?: { readonly every: number; readonly silence: number }
}

/** As a guard, it holds until the lock is gone without having been released: the reason is LockLost, or ConnectionLost. */
export interface Lock extends AsyncDisposable, Guard {
  /** The fencing token: whoever takes the lock next makes this run's calls fail. */
  readonly epoch: string
  /** A folder on the server that only its owner can read, and that goes with the lock. */
  readonly folder: string
  /** The store as it was when the lock was taken. */
  readonly sections: Sections
  release(): Promise<void>
}

const HEARTBEAT = { every: 15_000, silence: 90_000 }
/** The program itself answers at once; an overloaded server may not. */
const ANSWER_WITHIN = 60_000
const NEWS_EVERY = 30_000

/** Takes the lock of a project, waiting for it if need be; throws LockHeld when that takes too long. */
export async function acquireLock(program: ServerProgram, options: LockOptions): Promise<Lock> {
  const { holder, owner, signal, heartbeat = HEARTBEAT } = options
  const silence = String(Math.ceil(heartbeat.silence / 1_000))
  const process = await program.hold('open', [silence, JSON.stringify(holder), owner], ANSWER_WITHIN)
  const beats = keepAlive(process, heartbeat.every)
  const leave = () => process.close().catch(() => {})
  signal?.addEventListener('abort', leave, { once: true })
  try {
    signal?.throwIfAborted()
    const [epoch = '', folder] = await waitForLock(process, program.host, options)
    const sections = await readStore(process, program)
    const isOverdue = () => beats.silence() >= heartbeat.silence
    return { epoch, folder, sections, ...watch(process, program.host, isOverdue) }
  } catch (thrown) {
    beats.stop()
    await leave()
    throw signal?.aborted ? signal.reason : thrown
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}

/** Somebody else has the lock, and kept it for longer than we were to wait. */
export class LockHeld extends ActionError {
  constructor(host: Host, holder: string, wait: number) {
    const waited = wait > 0 ? ` It did not become free within ${formatDuration(wait)}.` : ''
    super({
      title: 'Another deploy of this project is running',
      message: `The lock on ${host.name} is held by ${holder}.${waited}`,
      next: 'Wait for that run, or cancel it: its lock goes with it. A longer `lock-timeout` waits longer; `concurrency:` in the workflow queues runs.',
    })
  }
}

async function waitForLock(
  process: HeldProcess,
  host: Host,
  { wait, clock, log }: LockOptions,
): Promise<[epoch: string, folder: string]> {
  let [deadline, holder]: [number | undefined, Holder | undefined] = [undefined, undefined]
  for (;;) {
    const left = deadline === undefined ? ANSWER_WITHIN : Math.min(NEWS_EVERY, deadline - clock.now())
    const line = await process.nextLine(Math.max(left, 0)).catch(thrown => {
      if (thrown instanceof CommandTimeout && deadline !== undefined) return 'waiting'
      throw thrown
    })
    if (line === undefined) throw await notStarted(process, host)
    const [word, ...rest] = line.split(' ')
    if (word === 'locked') return [rest[0] ?? '', rest.slice(1).join(' ')]
    if (word === 'missing') throw missing(host, rest.join(' '))
    if (word === 'held') holder = parseHolder(rest.join(' '))
    // Anything else is a greeting of the login shell.
    else if (word !== 'waiting') continue
    deadline ??= clock.now() + wait
    if (clock.now() >= deadline) throw new LockHeld(host, describe(holder, clock.now()), wait)
    const remaining = formatDuration(deadline - clock.now())
    log.info(`Waiting for the lock on ${host.name}, up to ${remaining}: held by ${describe(holder, clock.now())}.`)
  }
}

/** What lies in the store, as whoever has the lock sees it. */
async function readStore(process: HeldProcess, program: ServerProgram): Promise<Sections> {
  const lines: string[] = []
  for (;;) {
    const line = await process.nextLine(ANSWER_WITHIN)
    if (line === undefined) throw await notStarted(process, program.host)
    lines.push(line)
    if (line === program.end) return program.sections(lines)
  }
}

function watch(
  process: HeldProcess,
  host: Host,
  isOverdue: () => boolean,
): Pick<Lock, 'check' | 'signal' | 'release' | typeof Symbol.asyncDispose> {
  let released: Promise<void> | undefined
  const lost = new AbortController()
  const lose = (why: string) =>
    lost.abort(
      new LockLost({ title: 'Lock lost', message: `The lock of the project on ${host.name} was lost: ${why}.` }),
    )
  void process.ended.then(async () => {
    if (released !== undefined) return
    // The process has the reason: mostly, a lost connection.
    const reason = await process.close().catch(thrown => thrown)
    if (reason instanceof ActionError) lost.abort(reason)
    else lose('the process that held it was ended, or heard nothing from this runner for too long')
  })
  const check = () => {
    // The server frees the lock after the same silence; the end of its process may not have reached this runner yet.
    if (released === undefined && isOverdue())
      lose('this runner was suspended and did not contact the server for too long')
    lost.signal.throwIfAborted()
  }
  const release = (): Promise<void> => {
    released ??= process.close().then(
      () => {},
      // With the connection the lock is gone as well.
      () => {},
    )
    return released
  }
  return { check, signal: lost.signal, release, [Symbol.asyncDispose]: release }
}

async function notStarted(process: HeldProcess, host: Host): Promise<ActionError> {
  const { stderr } = await process.close()
  return new ActionError({
    title: 'Lock not taken',
    message: `The lock on ${host.name} could not be taken: ${stderr.trim() || 'the process that holds it ended at once'}.`,
    next: 'Check that the login user has permission to write to the project directory and to its .deploy.',
  })
}

function missing(host: Host, program: string): ActionError {
  return new ActionError({
    title: `${program} is not installed on ${host.name}`,
    message: `${host.name} has no ${program}, which the lock needs.`,
    next: 'Install it (Debian, Ubuntu, Fedora: util-linux and coreutils; Alpine: apk add flock coreutils).',
  })
}

function parseHolder(json: string): Holder | undefined {
  try {
    const { who, since, why } = Object(JSON.parse(json))
    return { who: String(who), since: String(since), why: String(why) }
  } catch {
    // Just taken: the holder has not written yet who it is.
    return undefined
  }
}

function describe(holder: Holder | undefined, now: number): string {
  if (!holder) return 'a run that did not leave a name'
  const { who, why, since } = holder
  const age = now - Date.parse(since)
  return `${who} (${why}, since ${since}${age >= 0 ? `, ${formatDuration(age)} ago` : ''})`
}
