import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import { cacheFolder, installOnce } from '@deploy-actions/build/install-once.mjs'
import { isOnPath } from '@deploy-actions/build/on-path'
import { runQuietly } from '@deploy-actions/build/progress.mjs'

/** The library that counts the calls of a script that change files, or the reason why this machine cannot have it. */
export type Preload = { readonly library: string } | { readonly missing: string }

const SOURCES = path.join(import.meta.dirname, '../preload')
const FILES = ['effects.h', 'effects.c', 'calls.c']
const FLAGS = ['-O2', '-Wall', '-Wextra', '-U_FORTIFY_SOURCE', '-fno-builtin', '-shared', '-fPIC']

/** Compiled on a machine's first use, then from its cache. */
export async function ensurePreload(): Promise<Preload> {
  if (process.platform !== 'linux') return { missing: `LD_PRELOAD needs Linux, and this is ${process.platform}` }
  if (!(await isOnPath('cc'))) return { missing: 'no C compiler (cc) is installed on this machine' }
  const hash = createHash('sha256').update(`${process.arch} ${FLAGS.join(' ')}`)
  for (const file of FILES) hash.update(readFileSync(path.join(SOURCES, file)))
  const folder = path.join(cacheFolder(), `crash-preload-${hash.digest('hex').slice(0, 12)}`)
  const sources = FILES.filter(file => file.endsWith('.c')).map(file => path.join(SOURCES, file))
  await installOnce(folder, async (draft: string) => {
    await runQuietly('cc', [...FLAGS, '-o', path.join(draft, 'effects.so'), ...sources, '-ldl'])
  })
  return { library: path.join(folder, 'effects.so') }
}

/** What happens at a libc call: the whole run ends, or the call returns an error. */
export type CallFault =
  | { readonly mode: 'kill'; readonly signal: 'KILL' | 'TERM' }
  | { readonly mode: 'error'; readonly error: ErrorName; readonly stays: boolean }

export type ErrorName = 'ENOSPC' | 'EIO' | 'EROFS' | 'EACCES'
export const ERROR_NAMES: readonly ErrorName[] = ['ENOSPC', 'EIO', 'EROFS', 'EACCES']

/** One call: which occurrence of this call by this program, over all processes of a run. */
export interface CallPoint {
  readonly program: string
  readonly call: string
  readonly occurrence: number
}

const CLASS = { open: 1, create: 2, write: 4, name: 8, remove: 16, mode: 32, sync: 64 }
const EVERY_CLASS = Object.values(CLASS).reduce((sum, bit) => sum + bit, 0)

/** The classes of calls for which an error makes sense. A removal needs no space; a write to an open file needs no permission. */
function classesOf({ error, stays }: Extract<CallFault, { mode: 'error' }>): number {
  if (error === 'EIO') return EVERY_CLASS
  // On a disk that stays full, a file that exists can be opened and renamed. One rename in a full directory can fail.
  if (error === 'ENOSPC') return CLASS.create | CLASS.write | (stays ? 0 : CLASS.name | CLASS.sync)
  return EVERY_CLASS - CLASS.write - CLASS.sync
}

// The layout of `struct shared` in ../preload/effects.h.
const VERSION = 1
const MODE = { count: 0, kill: 1, error: 2 }
const FIELD = { version: 0, mode: 1, target: 2, occurrence: 3, signal: 4, error: 5, classes: 6, stays: 7, reached: 8 }
const FAILED = 9
const IGNORED_AT = 48
const IGNORED_SIZE = 256
const SESSIONS_AT = IGNORED_AT + IGNORED_SIZE
const SESSIONS = 64
const KEYS = 1024
const SIZE = SESSIONS_AT + SESSIONS * 4 + KEYS * 8

/** Writes the mapped file for one run. Without a point the calls are counted only, or the error is there from the first call on. */
export function writeMap(file: string, ignored: string, point?: CallPoint, fault?: CallFault): void {
  const bytes = Buffer.alloc(SIZE)
  const set = (field: number, value: number) => bytes.writeUInt32LE(value >>> 0, field * 4)
  set(FIELD.version, VERSION)
  set(FIELD.mode, fault === undefined ? MODE.count : MODE[fault.mode])
  if (point !== undefined) {
    set(FIELD.target, hashOf(`${point.program}\t${point.call}`))
    set(FIELD.occurrence, point.occurrence)
  }
  if (fault?.mode === 'kill') set(FIELD.signal, constants.signals[`SIG${fault.signal}`])
  if (fault?.mode === 'error') {
    set(FIELD.error, constants.errno[fault.error])
    set(FIELD.classes, classesOf(fault))
    set(FIELD.stays, fault.stays ? 1 : 0)
    if (point === undefined) set(FIELD.reached, 1)
  }
  bytes.write(ignored.slice(0, IGNORED_SIZE - 1), IGNORED_AT)
  writeFileSync(file, bytes)
}

/** What the run left in the mapped file. */
export function readMap(file: string): {
  readonly isReached: boolean
  readonly failed: number
  readonly sessions: number[]
} {
  const bytes = readFileSync(file)
  const sessions: number[] = []
  for (let i = 0; i < SESSIONS; i++) sessions.push(bytes.readInt32LE(SESSIONS_AT + i * 4))
  return {
    isReached: bytes.readUInt32LE(FIELD.reached * 4) === 1,
    failed: bytes.readUInt32LE(FAILED * 4),
    sessions: sessions.filter(session => session > 0),
  }
}

/** FNV-1a, as in ../preload/effects.c. */
function hashOf(text: string): number {
  let hash = 2166136261
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 16777619) >>> 0
  return hash === 0 ? 1 : hash
}

/** A logged call, with its paths below the server's root. */
export interface LoggedCall extends CallPoint {
  readonly paths: readonly string[]
  /** Whether something that lasts changed since the call before: if not, a kill here leaves the same state as a kill there. */
  readonly isNewState: boolean
}

/** What a dead script leaves of these is nobody's input. */
const TEMPORARY = /\.deploy\/(tmp\/|activation\.(log|result)$|state\.lock$|activating$)/

/** The log in the order of the calls. Paths are shortened to what is below `root`, and random names to a stable one. */
export function parseLog(text: string, root: string): LoggedCall[] {
  const temporary = new Map<string, string>()
  const shorten = (full: string) => {
    let short = full.replaceAll(/\.\d{2,}(?=\/|$)/g, '.<pid>')
    for (const [random, name] of temporary) short = short.replace(random, name)
    return short.replace(`${root}/`, '')
  }
  const calls: LoggedCall[] = []
  let hasChanged = true
  let last = { pid: '', couldChange: false }
  for (const line of text.split('\n').filter(line => line !== '')) {
    const [program = '', call = '', occurrence = '0', pid = '', , ...given] = line.split('\t')
    const paths = given.map(full => full.replaceAll('/./', '/'))
    if (call === 'failed') {
      if (last.pid === pid) last = { pid, couldChange: false }
      continue
    }
    hasChanged ||= last.couldChange
    // A call of docker, which the library does not see.
    last = { pid, couldChange: true }
    if (call === 'start') continue
    if (program === 'mktemp' && paths[0] !== undefined) {
      const { dir, base } = path.parse(paths[0])
      temporary.set(paths[0], `${dir}/${base.replace(/[^.]{6,}$/, '')}<random>`)
    }
    calls.push({ program, call, occurrence: Number(occurrence), paths: paths.map(shorten), isNewState: hasChanged })
    hasChanged = false
    last = { pid, couldChange: call !== 'sync' && !paths.every(full => TEMPORARY.test(full)) }
  }
  return calls
}

export const nameOfCall = ({ program, call, occurrence }: CallPoint): string => `${program} ${call} #${occurrence}`
