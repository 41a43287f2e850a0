import type { Command, CommandResult, HeldProcess } from './host.ts'
import { CommandTimeout } from './host-error.ts'
import { limited, Output, type StartedProcess } from './process.ts'

type HoldCommand = Pick<Command, 'argv' | 'timeout' | 'signal'>

/** The contract of a held process, over a process that was started. */
export class Held implements HeldProcess {
  readonly ended: Promise<void>
  readonly #process: StartedProcess
  readonly #command: HoldCommand
  readonly #host: string
  readonly #output: Output
  readonly #lines: string[] = []
  #wake: () => void = () => {}
  #over: { readonly failure?: unknown } | undefined

  constructor(process: StartedProcess, command: HoldCommand, host: string) {
    this.#process = process
    this.#command = command
    this.#host = host
    this.#output = new Output(process, {
      onLine: (line, stream) => {
        if (stream === 'stdout') this.#lines.push(line)
        this.#wake()
      },
    })
    process.stdin.on('error', () => {})
    const abort = () => {
      process.abandon()
      this.#wake()
    }
    command.signal?.addEventListener('abort', abort, { once: true })
    const finish = (over: { readonly failure?: unknown }) => {
      this.#over = over
      command.signal?.removeEventListener('abort', abort)
      this.#wake()
    }
    this.ended = process.exit.then(
      () => finish({}),
      failure => finish({ failure }),
    )
  }

  async nextLine(timeout: number): Promise<string | undefined> {
    const until = Date.now() + timeout
    for (;;) {
      this.#command.signal?.throwIfAborted()
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.#over?.failure !== undefined) throw this.#over.failure
      if (this.#over) return undefined
      const left = until - Date.now()
      if (left <= 0) throw new CommandTimeout(this.#host, this.#command.argv, timeout)
      await this.#change(left)
    }
  }

  write(text: string): void {
    if (this.#process.stdin.writable) this.#process.stdin.write(text)
  }

  async close(): Promise<CommandResult> {
    if (this.#process.stdin.writable) this.#process.stdin.end()
    try {
      return this.#output.result(await limited(this.#process.exit, this.#command, this.#host))
    } catch (thrown) {
      this.#process.abandon()
      throw thrown
    }
  }

  async #change(longest: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, longest)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
    this.#wake = () => {}
  }
}
