import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Command, CommandResult, HeldProcess, Host, Tunnel } from '@deploy-actions/core/host/host'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LineSplitter } from '@deploy-actions/core/host/lines'
import { FakeHeldProcess } from './fake-held-process.ts'
import { ManualClock } from './manual-clock.ts'

export interface FakeCall {
  readonly kind: 'run' | 'hold'
  readonly argv: readonly string[]
  /** As text; '' for a held process. */
  readonly stdin: string
}

export interface FakeResult {
  readonly exitCode?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** What a command gives; an error is thrown. */
export type FakeResponse = FakeResult | Error | ((call: FakeCall) => FakeResult | Error | Promise<FakeResult | Error>)

/** The first words of an argument list, or a condition on all of it. */
export type Matcher = readonly string[] | ((argv: readonly string[]) => boolean)

/** Decides what a held process prints and when it ends. */
export type HoldScript = (process: FakeHeldProcess, call: FakeCall) => void

export type FakeFault =
  /** The connection is lost before the command starts. */
  | 'lost-before'
  /** The command completes; the connection is lost before its response. */
  | 'lost-after'
  /** The command does not end in its time. */
  | 'timeout'
  /** The command fails without having done anything. */
  | 'exit-1'
  /** A login shell prints a banner before the output. */
  | 'noise'

export const BANNER = 'Welcome to this server\n\nLast login: yesterday\n'

export interface FakeHostOptions {
  readonly name?: string
  /** Measures the waits for lines of held processes; with a manual clock, which is the default, they take no time. */
  readonly clock?: Clock
}

interface Rule {
  readonly matcher: Matcher
  readonly responses: FakeResponse[]
}

/**
 * A host without a machine: a table of responses by argument list, with all calls on record. A call that no rule matches fails the
 * test. Of several rules that match, the newest one counts.
 */
export class FakeHost implements Host {
  readonly name: string
  readonly calls: FakeCall[] = []
  readonly held: FakeHeldProcess[] = []
  readonly #clock: Clock
  readonly #rules: Rule[] = []
  readonly #holdRules: { readonly matcher: Matcher; readonly script: HoldScript }[] = []
  readonly #faults = new Map<number, FakeFault>()
  #steps = 0
  #lost: string | undefined

  constructor({ name = 'deploy@shop.example.org', clock = new ManualClock() }: FakeHostOptions = {}) {
    this.name = name
    this.#clock = clock
  }

  /** What a command gives each time that it is called: one response after the other, and then the last one always. */
  on(matcher: Matcher, ...responses: readonly FakeResponse[]): this {
    this.#rules.unshift({ matcher, responses: [...responses] })
    return this
  }

  /** What a held process does after its start. */
  onHold(matcher: Matcher, script: HoldScript): this {
    this.#holdRules.unshift({ matcher, script })
    return this
  }

  /** Applies a fault at a step: the n-th call of `run` or `hold`, from 1. */
  failAt(step: number, fault: FakeFault): this {
    this.#faults.set(step, fault)
    return this
  }

  /** Loses the connection now. */
  lose(cause = 'lost by a test'): void {
    this.#lost ??= cause
    for (const process of this.held) process.lose(cause)
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  async run(command: Command): Promise<CommandResult> {
    command.signal?.throwIfAborted()
    const fault = this.#step()
    const call: FakeCall = { kind: 'run', argv: command.argv, stdin: await textOf(command.stdin) }
    this.calls.push(call)
    if (fault === 'exit-1') return { exitCode: 1, stdout: '', stderr: 'failed by a test\n' }
    if (fault === 'timeout') throw new CommandTimeout(this.name, command.argv, command.timeout)
    const result = resultOf(await this.#respond(call), fault === 'noise' ? BANNER : '')
    // What a function did may have lost the connection.
    this.#throwIfLost()
    if (fault === 'lost-after') this.#lose()
    command.signal?.throwIfAborted()
    for (const stream of ['stdout', 'stderr'] as const) sayLines(result[stream], stream, command.onLine)
    const { maxOutput } = command
    if (maxOutput === undefined) return result
    return { ...result, stdout: cut(result.stdout, maxOutput), stderr: cut(result.stderr, maxOutput) }
  }

  async hold(command: Omit<Command, 'stdin' | 'onLine'>): Promise<HeldProcess> {
    command.signal?.throwIfAborted()
    const fault = this.#step()
    const call: FakeCall = { kind: 'hold', argv: command.argv, stdin: '' }
    this.calls.push(call)
    const process = new FakeHeldProcess(this.name, command, this.#clock)
    this.held.push(process)
    if (fault === 'exit-1') process.end(1, 'failed by a test\n')
    // A process that prints nothing: waiting for a line of it takes its time.
    if (fault === 'exit-1' || fault === 'timeout') return process
    if (fault === 'noise') process.say(...BANNER.trimEnd().split('\n'))
    const rule = this.#holdRules.find(({ matcher }) => matches(matcher, command.argv))
    if (rule === undefined) throw new Error(`The fake host has no script for ${shown(command.argv)}`)
    rule.script(process, call)
    if (fault === 'lost-after') this.#lose()
    return process
  }

  stream(): Promise<Duplex> {
    return Promise.reject(new Error('The fake host has no network.'))
  }

  tunnel(): Promise<Tunnel> {
    return Promise.reject(new Error('The fake host has no network.'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose('the connection was closed')
  }

  #step(): FakeFault | undefined {
    this.#throwIfLost()
    this.#steps += 1
    const fault = this.#faults.get(this.#steps)
    if (fault === 'lost-before') this.#lose()
    return fault
  }

  #lose(): never {
    this.lose()
    throw new ConnectionLost(this.name, this.#lost ?? '')
  }

  #throwIfLost(): void {
    if (this.#lost !== undefined) throw new ConnectionLost(this.name, this.#lost)
  }

  async #respond(call: FakeCall): Promise<FakeResult> {
    const rule = this.#rules.find(({ matcher }) => matches(matcher, call.argv))
    const response = rule && (rule.responses.length > 1 ? rule.responses.shift() : rule.responses[0])
    if (response === undefined) throw new Error(`The fake host has no response to ${shown(call.argv)}`)
    const given = typeof response === 'function' ? await response(call) : response
    if (given instanceof Error) throw given
    return given
  }
}

function matches(matcher: Matcher, argv: readonly string[]): boolean {
  return typeof matcher === 'function' ? matcher(argv) : matcher.every((word, index) => argv[index] === word)
}

/** Scripts among the arguments have many lines. */
function shown(argv: readonly string[]): string {
  return argv.map(word => (word.includes('\n') ? '(script)' : word)).join(' ')
}

async function textOf(stdin: Command['stdin']): Promise<string> {
  if (stdin === undefined || typeof stdin === 'string') return stdin ?? ''
  return stdin instanceof Uint8Array ? Buffer.from(stdin).toString() : (await buffer(stdin)).toString()
}

function resultOf({ exitCode = 0, stdout = '', stderr = '' }: FakeResult, banner: string): CommandResult {
  return { exitCode, stdout: banner + stdout, stderr }
}

function sayLines(text: string, stream: 'stdout' | 'stderr', onLine: Command['onLine']): void {
  if (onLine === undefined) return
  const splitter = new LineSplitter(line => onLine(line, stream))
  splitter.push(Buffer.from(text))
  splitter.end()
}

function cut(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString()
}
