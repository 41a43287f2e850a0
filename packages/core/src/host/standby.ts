import type { Readable } from 'node:stream'
import type { StartedProcess } from './process.ts'

/**
 * A shell that has started and waits for its command: a number of lines, then these lines. The read of a shell takes its input byte by
 * byte, so that what follows them stays the input of the command. The variables are unset first, because a login shell may have
 * exported one of that name, and the command would see it. A shell whose reads have a time limit (TMOUT) cannot wait.
 */
const waitScript = `
[ "\${TMOUT:-0}" = 0 ] || exit
unset left line command
command=
printf '\\n%s\\n' "$1"
IFS= read -r left || exit
while [ "$left" -gt 0 ]; do
  IFS= read -r line || exit
  command=$command$line'
'
  left=$((left - 1))
done
eval "$command"`

const READY = 'deploy-actions: ready'
/** Milliseconds for that, so that a login shell that hangs delays no command for longer. */
const READY_WITHIN = 3_000
/** Characters that a login shell may print before it. */
const MOST_NOISE = 64 * 1024
/** To read a longer line byte by byte takes longer than it saves. */
const LONGEST_LINE = 16_000

export const standbyCommand: readonly string[] = ['sh', '-c', waitScript, 'standby', READY]

/** Has a shell that waits run a command line. The input of the command follows. */
export function giveLine({ stdin }: StartedProcess, line: string): void {
  stdin.write(`${line.split('\n').length}\n${line}\n`)
}

/** The process of a shell, or undefined where there is no room for another one now; rejects when the server refuses it. */
export type StartShell = () => Promise<StartedProcess> | undefined

/**
 * Shells that are started ahead. A command that a waiting shell gets is sent together with its input, and needs one round trip; on a
 * channel of its own it waits for the channel and for its start as well. With two shells there is always one: a new one is ready after two
 * round trips, and each command before it takes one at least.
 */
export class Standby {
  readonly #start: StartShell
  #wanted: number
  readonly #shells: Promise<WaitingShell | undefined>[] = []

  constructor(wanted: number, start: StartShell) {
    this.#wanted = wanted
    this.#start = start
  }

  /** Starts what the next commands will need. */
  fill(): void {
    while (this.#shells.length < this.#wanted) {
      const starting = this.#start()
      if (starting === undefined) return
      this.#shells.push(this.#whenReady(starting))
    }
  }

  /** A shell that waits for a command line like this one; undefined when there is none. */
  async take(line: string): Promise<StartedProcess | undefined> {
    if (line.length > LONGEST_LINE) return undefined
    for (let next = this.#shells.shift(); next !== undefined; next = this.#shells.shift()) {
      const process = (await next)?.leave()
      if (process !== undefined) return process
    }
    return undefined
  }

  /** Ends the waiting shells, and starts no more of them. Returns whether there was one. */
  async end(): Promise<boolean> {
    this.#wanted = 0
    const shells = await Promise.all(this.#shells.splice(0))
    for (const shell of shells) shell?.leave()?.abandon()
    return shells.length > 0
  }

  async #whenReady(starting: Promise<StartedProcess>): Promise<WaitingShell | undefined> {
    try {
      const shell = new WaitingShell(await starting)
      if (await shell.isReady) return shell
      shell.leave()?.abandon()
    } catch {
      // Commands get channels of their own, and report what is wrong.
    }
    this.#wanted = 0
    return undefined
  }
}

/** A shell whose output is read for as long as it waits: otherwise its end would not be noticed. */
class WaitingShell {
  readonly isReady: Promise<boolean>
  readonly #process: StartedProcess
  readonly #stopReading: (() => void)[]
  #hasEnded = false

  constructor(process: StartedProcess) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.isReady = promise
    this.#process = process
    let printed = ''
    this.#stopReading = [
      readWhile(process.stdout, text => {
        printed += text
        if (printed.includes(`\n${READY}\n`)) resolve(true)
        else if (printed.length > MOST_NOISE) resolve(false)
      }),
      readWhile(process.stderr, () => {}),
    ]
    const end = () => {
      this.#hasEnded = true
      resolve(false)
    }
    process.exit.then(end, end)
    const timer = setTimeout(() => resolve(false), READY_WITHIN)
    void promise.then(() => clearTimeout(timer))
  }

  /** The process, for its command; undefined when it has ended. */
  leave(): StartedProcess | undefined {
    for (const stop of this.#stopReading) stop()
    return this.#hasEnded ? undefined : this.#process
  }
}

/** Reads a stream until the function that it returns is called; what comes later is left to others. */
function readWhile(stream: Readable, onText: (text: string) => void): () => void {
  const read = () => {
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) onText(String(chunk))
  }
  stream.on('readable', read)
  return () => stream.off('readable', read)
}
