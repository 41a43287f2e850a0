import { once } from 'node:events'
import { Readable, type Writable } from 'node:stream'
import type { Command, CommandResult } from './host.ts'
import { CommandTimeout } from './host-error.ts'
import { LineSplitter } from './lines.ts'

/** A process that runs, on whichever machine. */
export interface StartedProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** The exit status, once the process and its output have ended; rejects with ConnectionLost. */
  readonly exit: Promise<number>
  /** Asks it to end, and waits no longer for it. Harmless when it has ended. */
  abandon(): void
}

type OutputOptions = Pick<Command, 'onLine' | 'maxOutput'>

/** What a process writes, and each line as it comes. */
export class Output {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }

  constructor(process: StartedProcess, { onLine, maxOutput = Number.POSITIVE_INFINITY }: OutputOptions = {}) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const splitter = onLine && new LineSplitter(line => onLine(line, stream))
      let room = maxOutput
      process[stream]
        .on('data', (chunk: Buffer) => {
          if (room > 0) this.#chunks[stream].push(chunk.subarray(0, room))
          room -= chunk.length
          splitter?.push(chunk)
        })
        .on('end', () => splitter?.end())
        // A stream that breaks shows in the exit of its process.
        .on('error', () => {})
    }
  }

  result(exitCode: number): CommandResult {
    const text = (stream: 'stdout' | 'stderr') => Buffer.concat(this.#chunks[stream]).toString('utf8')
    return { exitCode, stdout: text('stdout'), stderr: text('stderr') }
  }
}

/** Feeds a process its input, gathers its output, and sees it to its end, or to the end of the patience. */
export async function runToEnd(process: StartedProcess, command: Command, host: string): Promise<CommandResult> {
  const output = new Output(process, command)
  const settled = new AbortController()
  try {
    const failure = feed(process.stdin, command.stdin, settled.signal)
    return output.result(await limited(Promise.race([process.exit, failure]), command, host))
  } catch (thrown) {
    process.abandon()
    throw thrown
  } finally {
    settled.abort()
  }
}

/** The promise's outcome; or CommandTimeout when the time is up, or the signal's reason when it is aborted first. */
export async function limited<T>(
  promise: Promise<T>,
  { argv, timeout, signal }: Pick<Command, 'argv' | 'timeout' | 'signal'>,
  host: string,
): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new CommandTimeout(host, argv, timeout)), timeout)
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    signal?.throwIfAborted()
    return await Promise.race([promise, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Writes the input and closes it. Never resolves; rejects when the source itself fails. */
function feed(stdin: Writable, source: Command['stdin'], settled: AbortSignal): Promise<never> {
  // A process may end, or close its input, before it has read all of it. Its exit status tells whether that was wrong.
  stdin.on('error', () => {})
  const { promise, reject } = Promise.withResolvers<never>()
  if (!(source instanceof Readable)) {
    stdin.end(source ?? '')
    return promise
  }
  settled.addEventListener('abort', () => source.destroy(), { once: true })
  pump(source, stdin, settled).catch(thrown => {
    if (!settled.aborted) reject(thrown)
  })
  return promise
}

async function pump(source: Readable, stdin: Writable, settled: AbortSignal): Promise<void> {
  for await (const chunk of source) {
    if (stdin.write(chunk)) continue
    const open = await once(stdin, 'drain', { signal: settled }).then(
      () => true,
      () => false,
    )
    if (!open) return
  }
  stdin.end()
}
