import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A run marks everything that it starts with this variable; what clears its environment still has the session. */
const MARK = 'CRASH_RUN='
const LONGEST_END_MS = 30_000
const POLL_MS = 5

interface Member {
  readonly pid: number
  readonly session: number
  readonly commandLine: string
}

/** What is alive of a run: marked processes, and all others of their sessions and of `sessions`. */
export function membersOf(token: string, sessions: readonly number[]): Member[] {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => ({ pid: Number(name), session: sessionOf(name), isMarked: isMarked(name, token) }))
    .filter(({ session }) => session > 0)
  const ours = new Set([...sessions, ...all.filter(({ isMarked }) => isMarked).map(({ session }) => session)])
  return all
    .filter(({ session }) => ours.has(session))
    .map(({ pid, session }) => ({
      pid,
      session,
      commandLine: readProc(String(pid), 'cmdline').replaceAll('\0', ' ').trim(),
    }))
}

export function signalAll(members: readonly Member[], signal: NodeJS.Signals): void {
  for (const { pid } of members) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended in this very moment.
    }
  }
}

export const endAll = (members: readonly Member[]): void => signalAll(members, 'SIGKILL')

/** Waits until nothing of a run is alive; returns the command lines of what had to be killed. */
export async function waitForEnd(token: string, sessions: () => readonly number[]): Promise<string[]> {
  const started = performance.now()
  for (;;) {
    const members = membersOf(token, sessions())
    if (members.length === 0) return []
    if (performance.now() - started > LONGEST_END_MS) {
      endAll(members)
      return members.map(({ commandLine }) => commandLine)
    }
    await sleep(POLL_MS)
  }
}

/** 0 for a process that is not there or only waits to be collected. */
function sessionOf(pid: string): number {
  const [, state, , , session] = /\) (\S) (\d+) (\d+) (\d+)/.exec(readProc(pid, 'stat')) ?? []
  return state === undefined || state === 'Z' ? 0 : Number(session)
}

function isMarked(pid: string, token: string): boolean {
  return readProc(pid, 'environ').split('\0').includes(`${MARK}${token}`)
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
