import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Fault, StubState } from './state.ts'

/** The state's file. Every change is one rename under a lock, so that a call that is killed anywhere leaves a whole state. */
export class Store {
  readonly path: string
  #changes = 0
  #fault: Fault | undefined

  constructor(path: string) {
    this.path = path
  }

  read(): StubState {
    return JSON.parse(readFileSync(this.path, 'utf8'))
  }

  /** `change` sees the newest state and modifies it; when it throws, nothing is written. */
  change<T>(change: (state: StubState) => T): T {
    // Before the lock is taken: a call that hangs must not block the others.
    if (this.#fault?.changes === this.#changes) strike(this.#fault)
    return withLock(`${this.path}.lock`, () => {
      const state = this.read()
      const result = change(state)
      this.write(state)
      this.#changes++
      return result
    })
  }

  /** Only for one who holds the lock, or is alone. */
  write(state: StubState): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(state))
    renameSync(`${this.path}.new`, this.path)
  }

  /** Disturbs this process: at once, or when it has made some changes. */
  disturb(fault: Fault): void {
    if (fault.changes === undefined) strike(fault)
    this.#fault = fault
    this.#changes = 0
  }
}

/** Ends the call with a status and a text on stderr. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly exitStatus: number

  constructor(message: string, exitStatus = 1) {
    super(message)
    this.exitStatus = exitStatus
  }
}

export const DOWN = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'

/** Something that this stub does not imitate. */
export class NotImitated extends CallFailed {
  constructor(what: string) {
    super(`stub engine: ${what} is not imitated`, 125)
  }
}

function strike(fault: Fault): never {
  if (fault.action === 'kill-group') process.kill(0, 'SIGKILL')
  if (fault.action === 'kill') process.kill(process.pid, 'SIGKILL')
  if (fault.action === 'exit') throw new CallFailed(fault.message, fault.exitStatus)
  for (;;) pause(60_000)
}

/** Blocks this process. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

function withLock<T>(path: string, work: () => T): T {
  // Linked, not created: whoever sees the lock sees its owner too.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, ownName())
  try {
    while (!tryLink(draft, path)) {
      removeIfAbandoned(path)
      pause(1)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  try {
    return work()
  } finally {
    rmSync(path, { force: true })
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** A crash test kills calls: the lock of a dead owner is removed. */
function removeIfAbandoned(path: string): void {
  const owner = readIfThere(path)
  if (owner === undefined || isAlive(owner)) return
  // Renamed first, so that of several who see the dead owner only one removes, and never a lock that was taken since.
  const aside = `${path}.dead.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readIfThere(aside) !== owner) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function ownName(): string {
  return `${process.pid} ${startOf(process.pid) ?? ''}`
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ')[0])
  if (process.platform === 'linux') return owner === `${pid} ${startOf(pid) ?? 'dead'}`
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, so that another one with its number is not taken for it. A zombie is dead. */
function startOf(pid: number): string | undefined {
  const fields = readIfThere(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
