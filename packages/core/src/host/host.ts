import type { Duplex, Readable } from 'node:stream'

export interface Command {
  /** The program and its arguments, each passed on as it is: no shell reads them. Anyone on the host can see them, so never a secret. */
  readonly argv: readonly string[]
  /** The way for secrets and for bytes. Without it the command reads an empty input. */
  readonly stdin?: string | Uint8Array | Readable
  /**
   * Milliseconds; then the call fails with CommandTimeout. Of a held process it bounds the end, not the life. Bound what must
   * stop on the host itself with its own `timeout`.
   */
  readonly timeout: number
  /** Bytes of each output that are kept; what comes after them is read and dropped. All of it when left out. */
  readonly maxOutput?: number
  /** Told each line as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  readonly signal?: AbortSignal
}

export interface CommandResult {
  /** The exit status; 128 + n when signal n ended it. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A process on a host that lives until its input is closed. */
export interface HeldProcess {
  /** The lines of its output, one call a line; undefined when its output has ended. */
  nextLine(timeout: number): Promise<string | undefined>
  write(text: string): void
  /** Closes its input and waits for its end. */
  close(): Promise<CommandResult>
  /** Resolves when it ends, by itself or with the connection. */
  readonly ended: Promise<void>
}

/** A machine that commands run on. */
export interface Host extends AsyncDisposable {
  /** How messages name it: `deploy@shop.example.org`, or `this runner`. */
  readonly name: string
  /** The connection has gone: all that is asked of it from now on fails with ConnectionLost. */
  readonly isLost: boolean
  /** Runs a command to its end; its exit status is the caller's to judge. Throws ConnectionLost or CommandTimeout. */
  run(command: Command): Promise<CommandResult>
  /** Starts a process that stays. */
  hold(command: Omit<Command, 'stdin' | 'onLine'>): Promise<HeldProcess>
  /** One connection to `host:port` as seen from the machine; rejects when it cannot be made. */
  stream(target: { readonly host: string; readonly port: number }): Promise<Duplex>
  /** A port on this runner's loopback through which `host:port` is reached as seen from the machine. */
  tunnel(target: { readonly host: string; readonly port: number }): Promise<Tunnel>
}

export interface Tunnel extends AsyncDisposable {
  readonly port: number
  /** Why the newest connection through it was refused; undefined when it was not. All that its user sees is a closed socket. */
  readonly failure: string | undefined
}
