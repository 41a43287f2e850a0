import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import type { World } from './world.ts'

/** Milliseconds for which Coolify may be silent, as while it updates itself. */
const SILENCE = 180_000

const PASSING: ReadonlySet<string> = new Set(['unavailable', 'throttled', 'not-coolify'])

/**
 * Bears with a Coolify that is gone for a while: it updates itself, or the proxy in front of it starts again and answers with pages of
 * its own. What it did not answer says nothing of a deployment. Only for who has had an answer before.
 */
export class Patience {
  readonly #name: string
  readonly #world: World
  #lastAnswer: number

  constructor(name: string, world: World) {
    this.#name = name
    this.#world = world
    this.#lastAnswer = world.clock.now()
  }

  /** Undefined when there was no answer, and the next look may have one. */
  async ask<T>(look: () => Promise<T>): Promise<{ readonly answer: T } | undefined> {
    const { clock, log } = this.#world
    try {
      const answer = await look()
      this.#lastAnswer = clock.now()
      return { answer }
    } catch (thrown) {
      const passes = thrown instanceof CoolifyError && PASSING.has(thrown.problem)
      if (!passes || clock.now() - this.#lastAnswer > SILENCE) throw thrown
      log.info(`  ${this.#name}: ${thrown.message} Looking again`)
      return undefined
    }
  }
}
