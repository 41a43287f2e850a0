import { once } from 'node:events'
import { constants } from 'node:os'
import { type Duplex, Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientChannel } from 'ssh2'
import type { Clock } from '../flow/clock.ts'
import { retry } from '../flow/retry.ts'
import { Slots } from '../flow/slots.ts'
import type { Log } from '../runner/log.ts'
import { messageOf } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import { errorCode } from '../values/error-code.ts'
import { formatHostAndPort } from '../values/host-address.ts'
import { ChannelStream } from './channel-stream.ts'
import { ConnectFailure } from './connect-failure.ts'
import { Held } from './held-process.ts'
import type { Command, CommandResult, HeldProcess, Host, Tunnel } from './host.ts'
import { CommandRefused, ConnectionLost } from './host-error.ts'
import type { Endpoint } from './host-key.ts'
import { limited, runToEnd, type StartedProcess } from './process.ts'
import { quoteCommand } from './quote.ts'
import { type Connected, connectOnce, type SshTarget } from './ssh-connect.ts'
import { giveLine, Standby, standbyCommand } from './standby.ts'
import { listen } from './tunnel.ts'

/** sshd opens 10 sessions on a connection unless told otherwise (MaxSessions); two are left for others. */
const MOST_CHANNELS = 8
const RETRY = { attempts: 4, firstDelay: 1_000, longestDelay: 8_000 }
/** Linux takes 128 KiB as one argument, and the whole line is one argument of the login shell. */
const LONGEST_LINE = 120_000
const GOODBYE = 500
const SESSION_REFUSALS = 5
const SESSION_PAUSE = 100
const STANDBY_TIMEOUT = 10_000

export interface ConnectWorld {
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal
  /** How many shells are started ahead of the commands: for those who run many, one after the other. None when left out. */
  readonly standby?: number
}

/**
 * Connects, trying again what may pass by itself; a wrong key or password is never tried twice. The connection to the jump host that
 * this one goes through is closed with it.
 */
export async function connectSsh(
  target: SshTarget,
  { clock, log, signal, standby = 0 }: ConnectWorld,
  jump?: SshHost,
): Promise<SshHost> {
  const connected = await retry(
    () => connectOnce(target, signal),
    {
      ...RETRY,
      isWorthRetrying: thrown => thrown instanceof ConnectFailure && thrown.temporary,
      onRetry: (thrown, attempt, delay) =>
        log.info(
          `${messageOf(thrown)} Attempt ${attempt + 1} of ${RETRY.attempts} follows in ${formatDuration(delay)}.`,
        ),
      ...(signal ? { signal } : {}),
    },
    clock,
  )
  if (target.hostKey.kind === 'accept-any') {
    log.warning(
      `The host key of ${formatHostAndPort(target.host, target.port)} was not checked (host-key: accept-any): anyone between the runner and the server can read and change everything.`,
      'Host key not checked',
    )
  }
  const port = target.port === 22 ? '' : `:${target.port}`
  return new SshHost(connected, `${target.user}@${target.host}${port}`, standby, jump)
}

/** A server at the other end of one SSH connection; each command has a channel of its own, opened for it or ahead of it. */
export class SshHost implements Host {
  readonly name: string
  readonly #client: Client
  readonly #socket: Duplex
  readonly #jump: SshHost | undefined
  readonly #slots = new Slots(MOST_CHANNELS)
  readonly #standby: Standby
  /** What is under way and has to be told when the connection goes. */
  readonly #watchers = new Set<(lost: ConnectionLost) => void>()
  readonly #tunnels = new Set<Tunnel>()
  #heldCount = 0
  #lost: ConnectionLost | undefined

  constructor({ client, socket }: Connected, name: string, standby: number, jump?: SshHost) {
    this.#client = client
    this.#socket = socket
    this.#jump = jump
    this.#standby = new Standby(standby, () => this.#startShell())
    this.name = name
    client
      .on('error', thrown => this.#lose(causeOf(thrown), thrown))
      .on('end', () => this.#lose('the server closed it'))
      .on('close', () => this.#lose('it was closed'))
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  async run(command: Command): Promise<CommandResult> {
    try {
      return await runToEnd(await this.#start(command), command, this.name)
    } finally {
      // A command that never started has not touched its input, which may hold files open.
      if (command.stdin instanceof Readable) command.stdin.destroy()
    }
  }

  async hold(command: Omit<Command, 'stdin' | 'onLine'>): Promise<HeldProcess> {
    const held = new Held(await this.#start(command), command, this.name)
    this.#heldCount += 1
    void held.ended.then(() => {
      this.#heldCount -= 1
    })
    return held
  }

  async tunnel(target: Endpoint): Promise<Tunnel> {
    const tunnel = await listen(() => this.stream(target))
    this.#tunnels.add(tunnel)
    return tunnel
  }

  async stream({ host, port }: Endpoint): Promise<ChannelStream> {
    const stream = await this.#watched<ChannelStream>((resolve, reject) => {
      this.#client.forwardOut('127.0.0.1', 0, host, port, (failure, channel) => {
        if (failure) reject(failure)
        else resolve(new ChannelStream(channel, () => this.#lost !== undefined))
      })
    })
    const watcher = () => stream.destroy()
    this.#watchers.add(watcher)
    stream.once('close', () => this.#watchers.delete(watcher))
    return stream
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#tunnels].map(tunnel => tunnel[Symbol.asyncDispose]()))
    if (!this.#lost) await this.#close()
    await this.#jump?.[Symbol.asyncDispose]()
  }

  async #close(): Promise<void> {
    this.#lose('it was closed at the end of the work')
    const closed = once(this.#socket, 'close')
    this.#client.end()
    // A server that hangs never answers the goodbye.
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE)
    await closed
    clearTimeout(timer)
  }

  async #start(command: Omit<Command, 'stdin' | 'onLine'>): Promise<StartedProcess> {
    const line = `exec ${quoteCommand(command.argv)}`
    if (Buffer.byteLength(line) > LONGEST_LINE) throw new RangeError('The command line is too long; use stdin.')
    const waiting = await this.#inTime(this.#standby.take(line), command, process => process?.abandon())
    if (waiting !== undefined) giveLine(waiting, line)
    const started = waiting ?? (await this.#startOwn(line, command))
    // After the command itself, which must not find the last session taken.
    this.#standby.fill()
    return started
  }

  /** A shell takes a place only where no command waits for one. */
  #startShell(): Promise<StartedProcess> | undefined {
    const release = this.#slots.takeFree()
    if (release === undefined) return undefined
    const command = { argv: standbyCommand, timeout: STANDBY_TIMEOUT }
    const opening = this.#open(`exec ${quoteCommand(standbyCommand)}`, command, release)
    opening.catch(release)
    return opening
  }

  async #startOwn(line: string, command: Omit<Command, 'stdin' | 'onLine'>): Promise<StartedProcess> {
    for (let refusals = 0; ; ) {
      // Others may keep all of them for longer than this command may take.
      const release = await this.#inTime(this.#slots.take(), command, giveBack => giveBack())
      const isAlone = () => this.#slots.taken <= this.#heldCount
      try {
        return await this.#open(line, command, release)
      } catch (thrown) {
        release()
        if (!isSessionRefused(thrown)) throw thrown
        // A shell that nobody uses yet gives way.
        if (await this.#inTime(this.#standby.end(), command, () => {})) continue
        // The server takes fewer sessions than is usual: one of the others has to end first.
        if (!isAlone()) this.#slots.shrink(Math.max(this.#slots.taken, this.#heldCount + 1))
        else if (++refusals > SESSION_REFUSALS) throw tooFewSessions(this.name, this.#heldCount + 1, thrown)
        // sshd frees the place of a session a little after it has told its end.
        else await delay(refusals * SESSION_PAUSE)
      }
    }
  }

  /** What a command waits for before it starts counts as a part of its time; what comes later is given back. */
  async #inTime<T>(
    waiting: Promise<T>,
    command: Omit<Command, 'stdin' | 'onLine'>,
    giveBack: (late: T) => void,
  ): Promise<T> {
    try {
      return await limited(waiting, command, this.name)
    } catch (thrown) {
      void waiting.then(giveBack)
      throw thrown
    }
  }

  async #open(
    line: string,
    command: Pick<Command, 'argv' | 'timeout' | 'signal'>,
    release: () => void,
  ): Promise<StartedProcess> {
    let givenUp = false
    const opening = this.#watched<StartedProcess>((resolve, reject) => {
      this.#client.exec(line, (failure, channel) => {
        if (failure) return reject(failure)
        // At once: the exit status may stand in the same packet as the answer.
        const process = this.#processOf(channel, release)
        if (givenUp) process.abandon()
        resolve(process)
      })
    })
    try {
      return await limited(opening, command, this.name)
    } catch (thrown) {
      givenUp = true
      throw thrown
    }
  }

  #processOf(channel: ClientChannel, release: () => void): StartedProcess {
    const isLost = () => this.#lost !== undefined
    const stream = new ChannelStream(channel, isLost)
    let status: number | undefined
    channel.on('exit', (code: number | null, signal?: string) => {
      status = code ?? 128 + signalNumber(signal ?? '')
    })
    const abandoned = Promise.withResolvers<never>()
    // Nobody may be left to hear of it.
    abandoned.promise.catch(() => {})
    const exit = this.#watched<number>((resolve, reject) => {
      abandoned.promise.catch(reject)
      Promise.all([once(channel, 'close'), once(stream, 'end'), once(channel.stderr, 'end')]).then(() => {
        if (status !== undefined) resolve(status)
        else reject(new ConnectionLost(this.name, 'the server ended the command without an exit status'))
      }, reject)
    })
    exit.catch(() => stream.destroy()).finally(release)
    return {
      stdin: stream,
      stdout: stream,
      stderr: channel.stderr,
      exit,
      abandon: () => {
        // Only before its input is closed does ssh2 pass a signal on.
        if (!isLost()) channel.signal('TERM')
        abandoned.reject(new Error('The command was given up.'))
      },
    }
  }

  /** A promise that is rejected when the connection goes, whatever ssh2 does about it. */
  async #watched<T>(act: (resolve: (value: T) => void, reject: (thrown: unknown) => void) => void): Promise<T> {
    if (this.#lost) throw this.#lost
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#watchers.add(reject)
    try {
      act(resolve, reject)
      return await promise
    } finally {
      this.#watchers.delete(reject)
    }
  }

  #lose(cause: string, thrown?: unknown): void {
    if (this.#lost) return
    const lost = new ConnectionLost(this.name, cause, thrown)
    this.#lost = lost
    for (const tell of [...this.#watchers]) tell(lost)
  }
}

function causeOf(thrown: Error): string {
  if (thrown.message === 'Keepalive timeout') return 'the server no longer responds'
  if (errorCode(thrown) === 'ECONNRESET') return 'the server, or something on the way, reset it'
  return thrown.message
}

function tooFewSessions(host: string, needed: number, thrown: unknown): CommandRefused {
  return new CommandRefused(
    host,
    `no session is free (${messageOf(thrown)}); MaxSessions in its sshd_config must be at least ${needed}`,
  )
}

function isSessionRefused(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('(SSH) Channel open failure')
}

function signalNumber(name: string): number {
  const signals: Readonly<Record<string, number>> = constants.signals
  return signals[name] ?? 0
}
