import type { Clock } from '@deploy-actions/core/flow/clock'
import { Slots } from '@deploy-actions/core/flow/slots'
import { ConnectFailure } from '@deploy-actions/core/host/connect-failure'
import type { Host } from '@deploy-actions/core/host/host'
import type { Log } from '@deploy-actions/core/runner/log'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { CannotBeMade } from './cannot-be-made.ts'
import { readOn } from './host-failure.ts'

/** The server could not be reached just now. Its message reads on after the check's name. */
export class ServerUnreachable extends Error {}

export interface ServerWorld {
  readonly connect: (signal: AbortSignal) => Promise<Host>
  readonly clock: Clock
  readonly log: Log
}

/** sshd runs 10 commands at once on a connection unless told otherwise (MaxSessions); our own side keeps to 8. */
const SESSIONS = 8

/** One connection for all checks: made when the first of them needs it, and anew when it was lost. */
export class Server implements AsyncDisposable {
  readonly #world: ServerWorld
  readonly #over = new AbortController()
  readonly #sessions = new Slots(SESSIONS)
  #host: Promise<Host> | undefined
  #refused: CannotBeMade | undefined

  constructor(world: ServerWorld) {
    this.#world = world
  }

  /** Waits so many milliseconds for a connection. Throws ServerUnreachable, CannotBeMade or the signal's reason. */
  host(left: number, signal: AbortSignal): Promise<Host> {
    return this.#within(this.#connected(), left, signal, 'the server could not be reached')
  }

  /**
   * Waits for a place to run commands in, and gives what frees it: many checks share few, and whoever waits for one has not begun
   * his attempt yet. Throws as `host` does.
   */
  async session(left: number, signal: AbortSignal): Promise<() => void> {
    const taking = this.#sessions.take()
    try {
      return await this.#within(taking, left, signal, 'the commands of other checks left no place for this one')
    } catch (thrown) {
      void taking.then(free => free())
      throw thrown
    }
  }

  async #within<T>(promise: Promise<T>, left: number, signal: AbortSignal, failure: string): Promise<T> {
    const stopped = new AbortController()
    const late = this.#world.clock.sleep(left, AbortSignal.any([signal, stopped.signal])).then(() => {
      throw new ServerUnreachable(`${failure} within ${formatDuration(left)}`)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      late.catch(() => {})
      stopped.abort()
    }
  }

  async #connected(): Promise<Host> {
    if (this.#refused) throw this.#refused
    this.#host ??= this.#connect()
    const connecting = this.#host
    const host = await connecting
    if (!host.isLost) return host
    if (this.#host === connecting) this.#host = undefined
    await host[Symbol.asyncDispose]()
    return this.#connected()
  }

  async #connect(): Promise<Host> {
    try {
      return await this.#world.connect(this.#over.signal)
    } catch (thrown) {
      this.#host = undefined
      if (!(thrown instanceof ActionError)) throw thrown
      const { title, message, next } = thrown
      const [cause = '', ...evidence] = message.split('\n\n')
      const reason = `the server cannot be reached: ${readOn(cause)}`
      if (thrown instanceof ConnectFailure && thrown.temporary) throw new ServerUnreachable(reason)
      const cure = next === undefined ? [] : [`Next: ${next}`]
      this.#world.log.group(title, [...message.split('\n'), ...cure])
      // The lines to copy stand apart from the sentence, for the block that the summary shows of a check.
      this.#refused = new CannotBeMade(reason, [...evidence.flatMap(part => part.split('\n')), ...cure])
      throw this.#refused
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that is still being made is of no use any more.
    this.#over.abort()
    const host = await this.#host?.catch(() => undefined)
    await host?.[Symbol.asyncDispose]()
  }
}
