import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { constants } from 'node:os'
import { errorCode } from '../values/error-code.ts'
import { Held } from './held-process.ts'
import type { Command, CommandResult, HeldProcess, Host, Tunnel } from './host.ts'
import { runToEnd, type StartedProcess } from './process.ts'
import { listen } from './tunnel.ts'

/** Status of a POSIX shell for a program that is not there, or that cannot be run. */
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/**
 * The runner's own machine. Not by @actions/exec: it takes no input but one buffer, keeps no time limit, cannot end a
 * process, says nothing of the signal that ended one, and breaks characters that lie across two chunks.
 * https://github.com/actions/toolkit/blob/main/packages/exec/src/toolrunner.ts
 */
export class LocalHost implements Host {
  readonly name = 'this runner'
  readonly isLost = false
  readonly #env: NodeJS.ProcessEnv
  readonly #running = new Set<StartedProcess>()
  readonly #tunnels = new Set<Tunnel>()

  /** Commands see these variables and no others: the runner's own hold tokens and inputs. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = { ...env }
  }

  run(command: Command): Promise<CommandResult> {
    return runToEnd(this.#start(command), command, this.name)
  }

  async hold(command: Omit<Command, 'stdin' | 'onLine'>): Promise<HeldProcess> {
    return new Held(this.#start(command), command, this.name)
  }

  async stream({ host, port }: { readonly host: string; readonly port: number }): Promise<Socket> {
    const socket = connect({ host, port, allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }

  async tunnel(target: { readonly host: string; readonly port: number }): Promise<Tunnel> {
    const tunnel = await listen(() => this.stream(target))
    this.#tunnels.add(tunnel)
    return tunnel
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#running) process.abandon()
    await Promise.all([...this.#tunnels].map(tunnel => tunnel[Symbol.asyncDispose]()))
  }

  #start({ argv }: Pick<Command, 'argv'>): StartedProcess {
    const [program, ...args] = argv
    if (program === undefined || program === '') throw new TypeError('A command needs a program.')
    // A group of its own, so that what the command started ends with it.
    const child = spawn(program, args, { env: this.#env, stdio: 'pipe', detached: true })
    const exit = new Promise<number>(resolve => {
      child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
      child.once('error', thrown => {
        resolve(errorCode(thrown) === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE)
      })
    })
    const started: StartedProcess = {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exit,
      abandon: () => {
        if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) endGroup(child.pid)
        child.stdin.destroy()
        child.stdout.destroy()
        child.stderr.destroy()
      },
    }
    this.#running.add(started)
    void exit.then(() => this.#running.delete(started))
    return started
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // It ended in this very moment.
  }
}
