import type { Host } from '../host/host.ts'
import { ConnectionLost } from '../host/host-error.ts'
import type { Lock } from '../release/lock.ts'
import { formatPending, type Pending } from '../release/pending.ts'
import { Fenced, LockLost } from '../release/program-failure.ts'
import { ProjectProgram } from '../release/project-program.ts'
import { parseProjects, parseStore, type ServerSurvey, type StoreSurvey } from '../release/survey.ts'
import type { Context } from './context.ts'
import type { ProjectOptions } from './options.ts'
import { checkServer } from './preflight.ts'

/** A server that was looked at; nothing is locked and nothing changed. */
export interface SurveyedProject extends AsyncDisposable {
  readonly host: Host
  readonly program: ProjectProgram
  readonly server: ServerSurvey
  readonly store: StoreSurvey
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: () => number
}

/** Connects and surveys. Throws when the server is not ready for a deploy. */
export async function surveyProject(options: ProjectOptions, context: Context): Promise<SurveyedProject> {
  const { clock, log } = context
  const host = await context.phase('Connect', () => context.connect())
  try {
    const program = new ProjectProgram(host, options.path, context.mark)
    const { server, store } = await context.phase('Survey the server', () => program.survey())
    const { warnings } = checkServer(server, host.name, options.path)
    for (const warning of warnings) log.warning(warning)
    for (const { id, why } of store.damaged) {
      log.warning(`The record of release ${id} ${why}; it is ignored.`, 'Damaged release')
    }
    log.info(`  ${host.name}: Docker ${server.engine}, Compose ${server.compose}`)
    const ahead = server.time === undefined ? 0 : server.time - clock.now()
    const dispose = () => host[Symbol.asyncDispose]()
    return { host, program, server, store, now: () => clock.now() + ahead, [Symbol.asyncDispose]: dispose }
  } catch (thrown) {
    await host[Symbol.asyncDispose]()
    throw thrown
  }
}

/**
 * Does work on a project while its lock is held. A lost lock ends the work at once: the signal of the context that it gets is aborted,
 * and no call goes on. A lost connection does not, as the lock can be taken again (`survive`).
 */
export async function withProject<T>(
  options: ProjectOptions,
  context: Context,
  work: (project: Project, context: Context) => Promise<T>,
): Promise<T> {
  await using project = await openProject(options, context)
  try {
    // Awaited before the lock goes.
    return await work(project, { ...context, signal: AbortSignal.any([context.signal, project.lockLost]) })
  } catch (thrown) {
    if (!(thrown instanceof LockLost)) throw thrown
    // Whoever started the switch reports it as an unknown state.
    throw new LockLost({
      title: thrown.title,
      message: `${thrown.message} This run had not started its own switch.`,
      cause: thrown,
    })
  }
}

async function openProject(options: ProjectOptions, context: Context): Promise<Project> {
  const surveyed = await surveyProject(options, context)
  try {
    const lock = await context.phase('Lock the project', () => takeLock(surveyed.program, options, context))
    return new Project(surveyed, lock, options, context)
  } catch (thrown) {
    await surveyed[Symbol.asyncDispose]()
    throw thrown
  }
}

function takeLock(program: ProjectProgram, options: ProjectOptions, context: Context): Promise<Lock> {
  const { by, purpose, owner, clock, log, signal } = context
  const holder = { who: by, since: new Date(clock.now()).toISOString(), why: purpose }
  return program.acquireLock({ holder, owner, wait: options.lockTimeout, clock, log, signal })
}

/**
 * A project on a server, with its lock held. The connection can be made anew: what is on the server does not depend on it, and the
 * epoch of the lock makes calls of a run that has lost it fail.
 */
export class Project implements AsyncDisposable {
  readonly now: () => number
  readonly #options: ProjectOptions
  readonly #context: Context
  readonly #lockLost = new AbortController()
  #program: ProjectProgram
  #lock: Lock
  #store: StoreSurvey
  #server: ServerSurvey

  constructor({ host, server, now }: SurveyedProject, lock: Lock, options: ProjectOptions, context: Context) {
    this.now = now
    this.#options = options
    this.#context = context
    this.#lock = lock
    this.#program = this.#programUnder(lock, host)
    // Of the time before the lock nothing counts: another run may have ended meanwhile.
    this.#store = parseStore(lock.sections)
    this.#server = asOfLock(server, lock)
  }

  get server(): ServerSurvey {
    return this.#server
  }

  get path(): string {
    return this.#options.path
  }

  get program(): ProjectProgram {
    return this.#program
  }

  get host(): Host {
    return this.#program.host
  }

  /** What lies in `.deploy`, as of the lock or of the last refresh. */
  get store(): StoreSurvey {
    return this.#store
  }

  get epoch(): string {
    return this.#lock.epoch
  }

  /** Aborted, with LockLost as its reason, when the lock is gone and the connection is not. */
  get lockLost(): AbortSignal {
    return this.#lockLost.signal
  }

  /** Throws when the lock is gone. */
  checkLock(): void {
    this.#lock.check()
  }

  /** A folder for this run only; the server removes it with the lock. */
  get folder(): string {
    return this.#lock.folder
  }

  async refresh(): Promise<void> {
    const { server, store } = await this.#program.survey()
    this.#server = server
    this.#store = store
  }

  /**
   * Runs a step that may be repeated; when the connection is lost in it, connects and locks again and repeats it once. Throws Fenced
   * when somebody else has acted on the project meanwhile.
   */
  async survive<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost)) throw thrown
      this.#context.log.warning(
        `${thrown.message} Connecting again; what was started on the server is completed there.`,
      )
      await this.#reconnect()
      return await step()
    }
  }

  async #reconnect(): Promise<void> {
    const before = this.#store.pending
    // It goes with the connection.
    void this.#lock.release()
    await this.host[Symbol.asyncDispose]()
    const host = await this.#context.connect()
    const program = new ProjectProgram(host, this.path, this.#context.mark)
    this.#program = program
    this.#lock = await takeLock(program, this.#options, this.#context)
    this.#program = this.#programUnder(this.#lock, host)
    this.#store = parseStore(this.#lock.sections)
    this.#server = asOfLock(this.#server, this.#lock)
    const { pending } = this.#store
    if (pending?.owner === this.#context.owner || isSame(before, pending)) return
    throw new Fenced(host, `release ${pending?.target ?? '(none)'} is ${pending?.phase ?? 'unknown'} by another run`)
  }

  #programUnder(lock: Lock, host: Host): ProjectProgram {
    lock.signal.addEventListener('abort', () => {
      if (lock.signal.reason instanceof LockLost) this.#lockLost.abort(lock.signal.reason)
    })
    return new ProjectProgram(host, this.path, this.#context.mark, lock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release()
    await this.host[Symbol.asyncDispose]()
  }
}

/** Another run may have started a project meanwhile. */
function asOfLock(server: ServerSurvey, { sections }: Lock): ServerSurvey {
  return sections.has('projects') ? { ...server, projects: parseProjects(sections) } : server
}

function isSame(before: Pending | undefined, now: Pending | undefined): boolean {
  return (before && formatPending(before)) === (now && formatPending(now))
}
