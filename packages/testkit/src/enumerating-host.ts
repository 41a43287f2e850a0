import type { Duplex } from 'node:stream'
import type { Command, CommandResult, HeldProcess, Host, Tunnel } from '@deploy-actions/core/host/host'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { EnumeratedProcess } from './enumerated-process.ts'
import { FakeHeldProcess } from './fake-held-process.ts'
import { BANNER } from './fake-host.ts'
import { ManualClock } from './manual-clock.ts'

/** What happens at an effect. */
export const modes = [
  /** The run ends before the call, or after it; nothing of the run goes on. */
  'die-before',
  'die-after',
  /** The connection is lost before the command starts; a new one can be made. */
  'lost-before',
  /** The command completes; the connection is lost before its response. */
  'lost-after',
  /** The same, but the server does not notice: held processes stay until somebody else waits for them. */
  'response-lost',
  /** The command ends at its first line of output, with the connection. */
  'pipe-closed',
  /** The command completes, too late for its response. */
  'timeout',
  /** The command fails without having done anything. */
  'exit-1',
  /** A login shell prints a banner before the output. */
  'noise',
  /** The run stands still before the call, for so long that the server ends what it holds; then it goes on. */
  'suspended',
] as const

export type Mode = (typeof modes)[number]

export type EffectKind = 'connect' | 'run' | 'hold' | 'close'

/** One call that changes or observes the world. */
export interface Effect {
  readonly kind: EffectKind
  readonly label: string
}

/** The effect, counted from 1, at which something happens. */
export interface Point {
  readonly effect: number
  readonly mode: Mode
}

const applicable: Readonly<Record<EffectKind, readonly Mode[]>> = {
  connect: ['die-before', 'die-after', 'lost-before', 'lost-after'],
  run: modes,
  hold: modes.filter(mode => mode !== 'pipe-closed' && mode !== 'suspended'),
  close: ['die-before', 'die-after', 'lost-before', 'lost-after'],
}

/** Every point of a run that had these effects. */
export function pointsOf(effects: readonly Effect[]): Point[] {
  return effects.flatMap(({ kind }, index) => applicable[kind].map(mode => ({ effect: index + 1, mode })))
}

/** The end of a run that was killed. Whoever catches it meets it again at the next call. */
export class RunKilled extends Error {
  override readonly name = 'RunKilled'
  constructor() {
    super('The run was killed here.')
  }
}

export interface EnumerationOptions {
  /** A new connection to the same machine. */
  readonly open: () => Host | Promise<Host>
  /** Where something happens; without it the effects are only counted. */
  readonly point?: Point
  /** What others do while the run is suspended. */
  readonly whileSuspended?: () => Promise<void>
  /** The name of a call in the list of effects; its words without scripts, unless given. */
  readonly label?: (argv: readonly string[]) => string
}

/**
 * All connections of one run to one machine: counts every effect, and applies one mode at one of them. Knows nothing of what runs
 * over it.
 */
export class Enumeration {
  readonly effects: Effect[] = []
  /** Rejects with RunKilled once the run was killed. */
  readonly killed: Promise<never>
  readonly #options: EnumerationOptions
  readonly #kill: (reason: RunKilled) => void
  readonly #connections: Connection[] = []
  readonly #closing = new Set<Promise<unknown>>()
  readonly #orphans: HeldProcess[] = []
  #isKilled = false
  #isHit = false

  constructor(options: EnumerationOptions) {
    this.#options = options
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.killed = promise
    this.#kill = reject
  }

  /** Whether the point was reached. */
  get isHit(): boolean {
    return this.#isHit
  }

  get isKilled(): boolean {
    return this.#isKilled
  }

  async connect(): Promise<Host> {
    this.throwIfKilled()
    const mode = this.next('connect', [])
    if (mode === 'die-before') throw this.kill()
    if (mode === 'lost-before') throw new ConnectionLost('the server', 'reset by the test')
    // The server notices a lost connection at once.
    await this.#settled()
    const connection = new Connection(this, await this.#options.open())
    this.#connections.push(connection)
    if (mode === 'die-after') throw this.kill()
    if (mode === 'lost-after') connection.lose()
    return connection
  }

  /** Ends what is left of the run on this side, and waits for it. What was detached on the machine goes on. */
  async end(): Promise<void> {
    this.endOrphans()
    for (const connection of this.#connections) connection.lose()
    await this.#settled()
    for (const connection of this.#connections) await connection.endInner()
  }

  next(kind: EffectKind, argv: readonly string[]): Mode | undefined {
    const { point, label = defaultLabel } = this.#options
    this.effects.push({ kind, label: label(argv) })
    if (point?.effect !== this.effects.length || !applicable[kind].includes(point.mode)) return undefined
    this.#isHit = true
    return point.mode
  }

  kill(): RunKilled {
    const reason = new RunKilled()
    this.#isKilled = true
    this.#kill(reason)
    for (const connection of this.#connections) connection.lose('reset', reason)
    return reason
  }

  throwIfKilled(): void {
    if (this.#isKilled) throw new RunKilled()
  }

  /** Waits for it at the end. */
  track(closing: Promise<unknown>): void {
    const settled = closing.catch(() => {}).finally(() => this.#closing.delete(settled))
    this.#closing.add(settled)
  }

  leave(orphans: readonly HeldProcess[]): void {
    this.#orphans.push(...orphans)
  }

  /** Ends what the server holds of a run that it hears nothing of, and lets others act. */
  async suspend(): Promise<void> {
    for (const connection of this.#connections) connection.endHeld()
    await this.#settled()
    await this.#options.whileSuspended?.()
  }

  /** What a server does once it has heard nothing for long. */
  endOrphans(): void {
    for (const orphan of this.#orphans.splice(0)) this.track(orphan.close())
  }

  async #settled(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing)
  }
}

/** One connection of an enumeration. */
export class Connection implements Host {
  readonly #enumeration: Enumeration
  readonly #inner: Host
  readonly #held = new Set<HeldProcess>()
  readonly #loss = new AbortController()

  constructor(enumeration: Enumeration, inner: Host) {
    this.#enumeration = enumeration
    this.#inner = inner
  }

  get name(): string {
    return this.#inner.name
  }

  get isLost(): boolean {
    return this.#loss.signal.aborted || this.#inner.isLost
  }

  /** Aborted, with the reason, when the connection is gone. */
  get loss(): AbortSignal {
    return this.#loss.signal
  }

  throwIfGone(): void {
    this.#enumeration.throwIfKilled()
    this.#loss.signal.throwIfAborted()
  }

  async run(command: Command): Promise<CommandResult> {
    this.throwIfGone()
    const mode = this.#enumeration.next('run', command.argv)
    if (mode === 'die-before') throw this.#enumeration.kill()
    if (mode === 'lost-before') throw this.lose()
    if (mode === 'exit-1') return { exitCode: 1, stdout: '', stderr: 'failed by the test\n' }
    if (mode === 'suspended') await this.#enumeration.suspend()
    if (mode === 'pipe-closed') await this.#runToFirstLine(command)
    const result = await this.#runInner(command, mode === 'noise' ? BANNER : '')
    if (mode === 'die-after') throw this.#enumeration.kill()
    if (mode === 'lost-after') throw this.lose()
    if (mode === 'response-lost') throw this.lose('silent')
    if (mode === 'timeout') throw new CommandTimeout(this.name, command.argv, command.timeout)
    return result
  }

  async hold(command: Omit<Command, 'stdin' | 'onLine'>): Promise<HeldProcess> {
    this.throwIfGone()
    const mode = this.#enumeration.next('hold', command.argv)
    if (mode === 'die-before') throw this.#enumeration.kill()
    if (mode === 'lost-before') throw this.lose()
    if (mode === 'exit-1' || mode === 'timeout') {
      const process = new FakeHeldProcess(this.name, command, new ManualClock())
      if (mode === 'exit-1') process.end(1, 'failed by the test\n')
      return process
    }
    const inner = await this.#inner.hold(command)
    this.#held.add(inner)
    void inner.ended.then(() => this.#held.delete(inner))
    if (mode === 'die-after' || mode === 'lost-after' || mode === 'response-lost') {
      // With its first line it has done something.
      await inner.nextLine(command.timeout)
      throw mode === 'die-after' ? this.#enumeration.kill() : this.lose(mode === 'lost-after' ? 'reset' : 'silent')
    }
    const noise = mode === 'noise' ? BANNER.trimEnd().split('\n') : []
    return new EnumeratedProcess(inner, this, this.#enumeration, { argv: command.argv, noise })
  }

  async stream(target: { readonly host: string; readonly port: number }): Promise<Duplex> {
    this.throwIfGone()
    return this.#inner.stream(target)
  }

  async tunnel(target: { readonly host: string; readonly port: number }): Promise<Tunnel> {
    this.throwIfGone()
    return this.#inner.tunnel(target)
  }

  /** Loses the connection. The server notices a reset, and ends what it held; of a silent end it knows nothing. */
  lose(how: 'reset' | 'silent' = 'reset', reason?: Error): Error {
    const lost = reason ?? new ConnectionLost(this.name, how === 'reset' ? 'reset by the test' : 'silent in the test')
    if (this.#loss.signal.aborted) return lost
    this.#loss.abort(lost)
    if (how === 'silent') this.#enumeration.leave([...this.#held])
    else this.endHeld()
    this.#held.clear()
    return lost
  }

  /** Ends what the server holds for this connection. */
  endHeld(): void {
    for (const process of this.#held) this.#enumeration.track(process.close())
  }

  /** The inner host stays: its own end kills what is held, where a closed connection only closes its input. */
  async [Symbol.asyncDispose](): Promise<void> {
    const held = [...this.#held]
    this.lose()
    await Promise.allSettled(held.map(process => process.ended))
  }

  async endInner(): Promise<void> {
    await this.#inner[Symbol.asyncDispose]()
  }

  async #runInner(command: Command, banner: string): Promise<CommandResult> {
    const signal = command.signal ? AbortSignal.any([command.signal, this.loss]) : this.loss
    if (banner !== '') for (const line of banner.trimEnd().split('\n')) command.onLine?.(line, 'stdout')
    try {
      const result = await this.#inner.run({ ...command, signal })
      return { ...result, stdout: banner + result.stdout }
    } catch (thrown) {
      this.throwIfGone()
      throw thrown
    }
  }

  /** A command without any output completes; the connection is lost then. */
  async #runToFirstLine(command: Command): Promise<never> {
    const pipe = new AbortController()
    const signal = AbortSignal.any([...(command.signal ? [command.signal] : []), this.loss, pipe.signal])
    const onLine = () => pipe.abort()
    await this.#inner.run({ ...command, signal, onLine }).catch(thrown => {
      if (!pipe.signal.aborted) throw thrown
    })
    throw this.lose()
  }
}

function defaultLabel(argv: readonly string[]): string {
  return argv.filter(word => !word.includes('\n')).join(' ')
}
