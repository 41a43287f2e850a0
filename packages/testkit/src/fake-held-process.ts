import type { Clock } from '@deploy-actions/core/flow/clock'
import type { CommandResult, HeldProcess } from '@deploy-actions/core/host/host'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'

export interface HeldCommand {
  readonly argv: readonly string[]
  readonly signal?: AbortSignal
}

type Ending = { readonly result: CommandResult } | { readonly failure: unknown }

/** A held process whose output, end and loss a test decides. */
export class FakeHeldProcess implements HeldProcess {
  readonly argv: readonly string[]
  /** All that was written to it. */
  written = ''
  /** Called after each write; a script can answer with `say`. */
  onWrite: (text: string) => void = () => {}
  /** Called when its input is closed; the process ends with status 0 unless a script decides otherwise. */
  onClose: () => void = () => this.end()
  readonly ended: Promise<void>
  readonly #host: string
  readonly #command: HeldCommand
  readonly #clock: Clock
  readonly #lines: string[] = []
  readonly #said: string[] = []
  readonly #ending = Promise.withResolvers<void>()
  #over: Ending | undefined
  #wake: () => void = () => {}

  constructor(host: string, command: HeldCommand, clock: Clock) {
    this.argv = command.argv
    this.ended = this.#ending.promise
    this.#host = host
    this.#command = command
    this.#clock = clock
    command.signal?.addEventListener('abort', () => this.#finish({ failure: command.signal?.reason }), { once: true })
  }

  /** Prints lines. */
  say(...lines: readonly string[]): void {
    if (this.#over) return
    this.#lines.push(...lines)
    this.#said.push(...lines)
    this.#wake()
  }

  /** The process ends. */
  end(exitCode = 0, stderr = ''): void {
    this.#finish({ result: { exitCode, stdout: this.#said.map(line => `${line}\n`).join(''), stderr } })
  }

  /** The connection is lost. */
  lose(cause = 'lost by a test'): void {
    this.#finish({ failure: new ConnectionLost(this.#host, cause) })
  }

  /** Waits by the clock: with a manual clock, a line that is not there yet does not come. */
  async nextLine(timeout: number): Promise<string | undefined> {
    const until = this.#clock.now() + timeout
    for (;;) {
      this.#command.signal?.throwIfAborted()
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.#over) {
        if ('failure' in this.#over) throw this.#over.failure
        return undefined
      }
      const left = until - this.#clock.now()
      if (left <= 0) throw new CommandTimeout(this.#host, this.argv, timeout)
      await this.#change(left)
    }
  }

  write(text: string): void {
    if (this.#over) return
    this.written += text
    this.onWrite(text)
  }

  async close(): Promise<CommandResult> {
    if (!this.#over) this.onClose()
    await this.ended
    if (this.#over && 'result' in this.#over) return this.#over.result
    throw this.#over?.failure
  }

  #finish(ending: Ending): void {
    if (this.#over) return
    this.#over = ending
    this.#ending.resolve()
    this.#wake()
  }

  async #change(longest: number): Promise<void> {
    const waiting = new AbortController()
    const changed = new Promise<void>(resolve => {
      this.#wake = resolve
    })
    await Promise.race([changed, this.#clock.sleep(longest, waiting.signal).catch(() => {})])
    waiting.abort()
  }
}
