import type { CommandResult, HeldProcess } from '@deploy-actions/core/host/host'
import type { Connection, Enumeration } from './enumerating-host.ts'

/** A held process of an enumeration. Its start and its close are effects; its lines are not, as their number is not always the same. */
export class EnumeratedProcess implements HeldProcess {
  readonly ended: Promise<void>
  readonly #inner: HeldProcess
  readonly #connection: Connection
  readonly #enumeration: Enumeration
  readonly #argv: readonly string[]
  readonly #noise: string[]
  readonly #lost: Promise<never>
  #isOver = false
  #closed: Promise<CommandResult> | undefined

  constructor(
    inner: HeldProcess,
    connection: Connection,
    enumeration: Enumeration,
    { argv, noise }: { readonly argv: readonly string[]; readonly noise: readonly string[] },
  ) {
    this.#inner = inner
    this.#connection = connection
    this.#enumeration = enumeration
    this.#argv = argv
    this.#noise = [...noise]
    const { loss } = connection
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.#lost = promise
    loss.addEventListener('abort', () => reject(loss.reason), { once: true })
    if (loss.aborted) reject(loss.reason)
    void inner.ended.then(() => {
      this.#isOver = true
    })
    this.ended = Promise.race([inner.ended, this.#lost]).catch(() => {})
  }

  async nextLine(timeout: number): Promise<string | undefined> {
    this.#connection.throwIfGone()
    const noise = this.#noise.shift()
    if (noise !== undefined) return noise
    const line = await Promise.race([this.#inner.nextLine(timeout), this.#lost])
    // Whoever waits for a process that the server still holds is waited for by now: that one has been silent for long enough.
    this.#enumeration.endOrphans()
    return line
  }

  write(text: string): void {
    if (!this.#connection.isLost) this.#inner.write(text)
  }

  async close(): Promise<CommandResult> {
    this.#connection.throwIfGone()
    if (this.#isOver) return this.#inner.close()
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<CommandResult> {
    const mode = this.#enumeration.next('close', this.#argv)
    if (mode === 'die-before') throw this.#enumeration.kill()
    if (mode === 'lost-before') throw this.#connection.lose()
    const result = await Promise.race([this.#inner.close(), this.#lost])
    if (mode === 'die-after') throw this.#enumeration.kill()
    if (mode === 'lost-after') throw this.#connection.lose()
    return result
  }
}
