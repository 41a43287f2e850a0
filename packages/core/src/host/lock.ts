import type { Clock } from '../flow/clock.ts'
import type { Log } from '../runner/log.ts'
import { ActionError } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import type { HeldProcess, Host } from './host.ts'
import { CommandTimeout } from './host-error.ts'
import { LOCK_SCRIPT } from './lock-script.ts'

export interface Holder {
  /** A run, a person: whom to ask. */
  readonly who: string
  /** ISO 8601. */
  readonly since: string
  readonly why: string
}

export interface LockOptions {
  /** The lock file on the host. */
  readonly path: string
  /** Where the private folder is made; a folder that belongs to this lock alone, since leftovers in it are removed. */
  readonly temporary: string
  readonly holder: Holder
  /** Milliseconds to wait while somebody else has it. */
  readonly wait: number
  readonly clock: Clock
  readonly log: Log
  /** Ends the wait; not the lock, which is needed for cleaning up too. */
  readonly signal?: AbortSignal
  /** Milliseconds between signs of life, and after how many of silence the host lets go. */
  readonly heartbeat?: { readonly every: number; readonly silence: number }
}

export interface Lock extends AsyncDisposable {
  /** A folder on the host that only its owner can read, and that goes with the lock. */
  readonly tempDir: string
  /** Resolves, with the reason, when the lock is gone without having been released. */
  readonly lost: Promise<ActionError>
  release(): Promise<void>
}

const HEARTBEAT = { every: 15_000, silence: 90_000 }
/** The script itself answers at once; an overloaded server may not. */
const ANSWER_WITHIN = 60_000
const NEWS_EVERY = 30_000

/** Takes the lock, waiting for it if need be; throws LockHeld when that takes too long. */
export async function acquireLock(host: Host, options: LockOptions): Promise<Lock> {
  const { path, temporary, holder, signal, heartbeat = HEARTBEAT } = options
  const silence = String(Math.ceil(heartbeat.silence / 1_000))
  const process = await host.hold({
    argv: ['sh', '-c', LOCK_SCRIPT, 'lock', path, JSON.stringify(holder), temporary, silence],
    timeout: ANSWER_WITHIN,
  })
  const beating = setInterval(() => process.write('\n'), heartbeat.every)
  void process.ended.then(() => clearInterval(beating))
  const leave = () => process.close().catch(() => {})
  signal?.addEventListener('abort', leave, { once: true })
  try {
    signal?.throwIfAborted()
    return lockOf(process, host, await waitForLock(process, host, options))
  } catch (thrown) {
    clearInterval(beating)
    await leave()
    throw signal?.aborted ? signal.reason : thrown
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}

/** Somebody else has the lock, and kept it for longer than we were to wait. */
export class LockHeld extends ActionError {
  constructor(host: Host, holder: string, wait: number) {
    const waited = wait > 0 ? ` It did not come free within ${formatDuration(wait)}.` : ''
    super({
      title: 'Another deploy of this project is under way',
      message: `The lock on ${host.name} is held by ${holder}.${waited}`,
      next: 'Wait for that run, or cancel it: its lock goes with it. A longer `lock-timeout` waits longer; `concurrency:` in the workflow queues runs.',
    })
  }
}

async function waitForLock(process: HeldProcess, host: Host, { wait, clock, log }: LockOptions): Promise<string> {
  let [deadline, holder]: [number | undefined, Holder | undefined] = [undefined, undefined]
  for (;;) {
    const left = deadline === undefined ? ANSWER_WITHIN : Math.min(NEWS_EVERY, deadline - clock.now())
    const line = await process.nextLine(Math.max(left, 0)).catch(thrown => {
      if (thrown instanceof CommandTimeout && deadline !== undefined) return 'waiting'
      throw thrown
    })
    if (line === undefined) throw await notStarted(process, host)
    const [word, ...rest] = line.split(' ')
    if (word === 'locked') return rest.join(' ')
    if (word === 'missing') throw missing(host, rest.join(' '))
    if (word === 'held') holder = parseHolder(rest.join(' '))
    deadline ??= clock.now() + wait
    if (clock.now() >= deadline) throw new LockHeld(host, describe(holder, clock.now()), wait)
    const patience = formatDuration(deadline - clock.now())
    log.info(`Waiting for the lock on ${host.name}, up to ${patience}: held by ${describe(holder, clock.now())}.`)
  }
}

function lockOf(process: HeldProcess, host: Host, tempDir: string): Lock {
  let released: Promise<void> | undefined
  const lost = Promise.withResolvers<ActionError>()
  void process.ended.then(async () => {
    if (released !== undefined) return
    // The process tells why it is gone: mostly, a lost connection.
    const reason = await process.close().catch(thrown => thrown)
    lost.resolve(
      reason instanceof ActionError
        ? reason
        : new ActionError({
            title: 'Lock lost',
            message: `The lock on ${host.name} is gone: the process that held it was ended, or heard nothing of this runner for too long.`,
          }),
    )
  })
  const release = (): Promise<void> => {
    released ??= process.close().then(
      () => {},
      // With the connection the lock is gone as well.
      () => {},
    )
    return released
  }
  return { tempDir, lost: lost.promise, release, [Symbol.asyncDispose]: release }
}

async function notStarted(process: HeldProcess, host: Host): Promise<ActionError> {
  const { stderr } = await process.close()
  return new ActionError({
    title: 'Lock not taken',
    message: `The lock on ${host.name} could not be taken: ${stderr.trim() || 'the process that holds it ended at once'}.`,
    next: 'check that the user may write to the project directory.',
  })
}

function missing(host: Host, program: string): ActionError {
  return new ActionError({
    title: 'Program missing',
    message: `${host.name} has no ${program}, which the lock needs.`,
    next: `install it (Debian, Ubuntu, Fedora: util-linux and coreutils; Alpine: apk add flock coreutils).`,
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
  if (!holder) return 'somebody who did not leave a name'
  const { who, why, since } = holder
  const age = now - Date.parse(since)
  return `${who} (${why}, since ${since}${age >= 0 ? `, ${formatDuration(age)} ago` : ''})`
}
