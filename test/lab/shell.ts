import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface ShellOptions {
  /** What the program reads; the way for secrets, which must not stand in an argument list. */
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds; then the program is killed and the call fails. */
  readonly timeout?: number
  /** When it is aborted, the program gets SIGINT, as by Ctrl+C. */
  readonly interrupt?: AbortSignal
  /** Told each line of output, of both streams, as it comes. */
  readonly onLine?: (line: string) => void
}

export interface ShellResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A program that ended with another status than 0. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly result: ShellResult

  constructor(command: string, result: ShellResult) {
    const output = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n')
    super(`${command} ended with status ${result.exitCode}:\n${output}`)
    this.result = result
  }
}

/** Runs a program to its end and gives its status, whatever it is. */
export async function tryCommand(
  command: string,
  args: readonly string[],
  options: ShellOptions = {},
): Promise<ShellResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.timeout === undefined ? {} : { timeout: options.timeout, killSignal: 'SIGKILL' as const }),
  })
  const interrupt = () => void child.kill('SIGINT')
  options.interrupt?.addEventListener('abort', interrupt)
  // A program may end before it has read its input: its status tells why, the broken pipe does not.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const outputs = [child.stdout, child.stderr].map(stream => {
    stream.setEncoding('utf8')
    if (options.onLine !== undefined) onEachLine(stream, options.onLine)
    return text(stream)
  })
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const [stdout = '', stderr = ''] = await Promise.all(outputs)
  const lost = exitCode === null ? `${stderr}\n(ended by ${signal ?? 'a signal'})` : stderr
  return { exitCode: exitCode ?? 128, stdout, stderr: lost }
}

/** Runs a program and gives what it wrote; fails when its status is not 0. */
export async function command(program: string, args: readonly string[], options: ShellOptions = {}): Promise<string> {
  const result = await tryCommand(program, args, options)
  if (result.exitCode !== 0) throw new CommandFailed([program, ...args].slice(0, 4).join(' '), result)
  return result.stdout.trim()
}

/** Whether a program of this name is on PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  return (await tryCommand('sh', ['-c', 'command -v "$0"', program])).exitCode === 0
}

function onEachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
