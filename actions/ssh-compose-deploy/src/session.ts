import type { Host } from '@deploy-actions/core/host/host'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import type { Lock } from '@deploy-actions/core/host/lock'
import type { Layout } from '@deploy-actions/core/release/layout'
import type { Inputs } from './inputs.ts'
import type { World } from './world.ts'

/** A server with the project's lock held. The connection may be made anew; what is on the server does not depend on it. */
export class Session implements AsyncDisposable {
  readonly layout: Layout
  readonly #inputs: Inputs
  readonly #world: World
  #host: Host
  #lock: Lock

  private constructor(host: Host, lock: Lock, layout: Layout, inputs: Inputs, world: World) {
    this.#host = host
    this.#lock = lock
    this.layout = layout
    this.#inputs = inputs
    this.#world = world
  }

  static async open(host: Host, layout: Layout, inputs: Inputs, world: World): Promise<Session> {
    return new Session(host, await world.acquireLock(host, layout, inputs), layout, inputs, world)
  }

  get host(): Host {
    return this.#host
  }

  /** A folder for this run only; the server removes it when the lock goes. */
  get temporary(): string {
    return this.#lock.tempDir
  }

  /** Runs a step that may be repeated; when the connection is lost in it, connects and locks again and repeats it once. */
  async survive<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost)) throw thrown
      this.#world.log.warning(`${thrown.message} Connecting again; what was started goes on there.`)
      await this.#host[Symbol.asyncDispose]()
      this.#host = await this.#world.connect()
      this.#lock = await this.#world.acquireLock(this.#host, this.layout, this.#inputs)
      return await step()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release()
    await this.#host[Symbol.asyncDispose]()
  }
}
