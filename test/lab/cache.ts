import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What every checkout on this machine may share: built tools, logs, locks. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'deploy-actions')
}

/** Writes a file so that a reader finds the old one or the new one, never a half. */
export async function writeAtomically(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  await writeFile(draft, content, { mode })
  await chmod(draft, mode)
  await rename(draft, path)
}

const LOCK_POLL_MS = 200
/** A wait that is longer is told of, or it would look like a hang. */
const LOCK_PATIENCE_MS = 10_000

/**
 * Runs work while no other process runs any under the same lock file. The file holds its owner's process id, so a lock
 * whose owner has died is taken over.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  const tell = setTimeout(() => void tellOwner(path), LOCK_PATIENCE_MS)
  while (!(await tryLock(path))) await sleep(LOCK_POLL_MS)
  clearTimeout(tell)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function tellOwner(path: string): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => undefined)
  if (owner !== undefined && owner !== String(process.pid)) {
    process.stderr.write(`Waiting for process ${owner}, which holds ${path}\n`)
  }
}

async function tryLock(path: string): Promise<boolean> {
  // Linked, not created: whoever sees the lock sees its owner too.
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  await writeFile(draft, String(process.pid))
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await removeIfAbandoned(path)
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

async function removeIfAbandoned(path: string): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => undefined)
  if (owner === undefined || isAlive(Number(owner))) return
  // Renamed first, so that of several who see the dead owner only one removes, and never a lock that was taken since.
  const aside = `${path}.dead.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) === owner) await rm(aside, { force: true })
  else await rename(aside, path)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
