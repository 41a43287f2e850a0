import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { cacheFolder, installOnce } from '@deploy-actions/build/install-once.mjs'
import { isOnPath } from '@deploy-actions/build/on-path'
import { runQuietly } from '@deploy-actions/build/progress.mjs'

export type Shell = 'dash' | 'busybox'

/**
 * Every external command that the server's program starts. A server of the harness has these and no others, so that a command
 * that is missing here fails at once.
 */
export const COMMANDS = [
  'cat',
  'chmod',
  'cmp',
  'comm',
  'cp',
  'cut',
  'date',
  'df',
  'dirname',
  'env',
  'find',
  'flock',
  'grep',
  'head',
  'id',
  'ln',
  'mkdir',
  'mktemp',
  'mv',
  'readlink',
  'rm',
  'rmdir',
  'sed',
  'setsid',
  'sh',
  'sha256sum',
  'sleep',
  'sort',
  'stat',
  'sync',
  'tail',
  'tar',
  'timeout',
  'tr',
  'tty',
  'wc',
  'xargs',
  'docker',
] as const

/** The shell of a server, and where its tools come from. */
export interface Tools {
  readonly shell: Shell
  readonly busybox?: string
}

/** Or the reason why this machine cannot have them. busybox may be unpacked from its Debian package into the cache. */
export async function ensureTools(shell: Shell): Promise<Tools | { readonly missing: string }> {
  const found = findProgram(shell)
  if (shell === 'dash') return found === undefined ? { missing: 'dash is not installed on this machine' } : { shell }
  if (found !== undefined) return { shell, busybox: found }
  if (!(await isOnPath('apt-get')) || !(await isOnPath('dpkg-deb'))) {
    return { missing: 'busybox is not installed on this machine, and only a Debian package of it could be unpacked' }
  }
  const folder = path.join(cacheFolder(), 'crash-busybox')
  try {
    await installOnce(folder, async (draft: string) => {
      await runQuietly('apt-get', ['download', '-qq', 'busybox'], { cwd: draft })
      const [archive = ''] = readdirSync(draft)
      await runQuietly('dpkg-deb', ['-x', path.join(draft, archive), draft])
    })
  } catch (error) {
    return {
      missing: `the Debian package of busybox could not be had: ${error instanceof Error ? error.message : error}`,
    }
  }
  return { shell, busybox: path.join(folder, 'bin/busybox') }
}

/** Fills a folder for PATH with the server's commands. What busybox was built without comes from the machine, as on a real server. */
export function installPrograms(folder: string, tools: Tools, docker: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const applets = new Set(tools.busybox === undefined ? [] : appletsOf(tools.busybox))
  for (const name of COMMANDS) {
    const own = name === 'docker' ? docker : applets.has(name) ? tools.busybox : undefined
    const target = own ?? findProgram(name === 'sh' ? tools.shell : name)
    if (target === undefined) throw new Error(`The harness needs ${name} on this machine.`)
    symlinkSync(target, path.join(folder, name))
  }
}

function appletsOf(busybox: string): string[] {
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')
  // Alpine's tar reads a list of files, Debian's does not: a server with that one needs another tar.
  const help = spawnSync(busybox, ['tar', '--help'], { encoding: 'utf8' })
  return applets.filter(name => name !== 'tar' || /^\s*-T/m.test(help.stdout + help.stderr))
}

function findProgram(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']
    .map(folder => path.join(folder, name))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
