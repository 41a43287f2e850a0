import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheFolder, withLock } from './cache.ts'
import type { Progress } from './progress.ts'
import { command, isInstalled, tryCommand } from './shell.ts'

const PACKAGES = ['docker.io', 'iptables', 'debootstrap', 'ca-certificates']
const START_LIMIT_MS = 60_000

/**
 * Makes sure that a Docker engine answers. One that answers already is used as it is, and nothing is installed. On Debian
 * as root the engine is installed and started; anywhere else the error says what to do.
 */
export async function ensureEngine(progress: Progress): Promise<void> {
  if ((await engineProblem()) === undefined) return
  await withLock(join(cacheFolder(), 'engine.lock'), async () => {
    const problem = await engineProblem()
    if (problem === undefined) return
    if (!canInstall()) throw new Error(adviceFor(problem))
    if (!(await isInstalled('dockerd')) || !(await isInstalled('docker'))) {
      await progress.step(`no Docker engine here: apt-get install ${PACKAGES.join(' ')}`, install)
    }
    await progress.step('start the Docker engine', start)
  })
}

/** Why no engine answers; undefined when one does. */
async function engineProblem(): Promise<string | undefined> {
  if (!(await isInstalled('docker'))) return 'the docker command is not installed'
  const info = await tryCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
  return info.exitCode === 0 ? undefined : info.stderr.trim()
}

function canInstall(): boolean {
  // A remote engine that does not answer is not for us to replace by one of our own.
  return (process.env['DOCKER_HOST'] ?? '') === '' && process.getuid?.() === 0 && existsSync('/etc/debian_version')
}

function adviceFor(problem: string): string {
  const cause = `The lab needs a Docker engine, and none answers: ${problem}`
  if (/permission denied/i.test(problem)) {
    return `${cause}\nAdd yourself to the group docker (sudo usermod -aG docker $USER, then log in again), or run this as root.`
  }
  return `${cause}\nStart Docker, or install it (https://docs.docker.com/engine/install/). On Debian, root need not: the lab does it.`
}

async function install(): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const add = (packages: readonly string[]) =>
    command('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
  await command('apt-get', ['update', '-qq'], { env })
  await add(PACKAGES)
  // Since Debian 13 the command is a package of its own.
  if (!(await isInstalled('docker'))) await add(['docker-cli'])
}

async function start(): Promise<void> {
  const log = join(cacheFolder(), 'dockerd.log')
  if (existsSync('/run/systemd/system')) await command('systemctl', ['start', 'docker'])
  else await startDaemon(log)
  const end = Date.now() + START_LIMIT_MS
  for (let problem = await engineProblem(); problem !== undefined; problem = await engineProblem()) {
    if (Date.now() > end) throw new Error(`The Docker engine does not answer: ${problem}\n${await tail(log)}`)
    await sleep(200)
  }
}

/** In a session of its own and with its output in a file, so that it outlives this process and its terminal. */
async function startDaemon(log: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  const output = await open(log, 'a')
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', output.fd, output.fd] })
  child.on('error', () => {})
  child.unref()
  await output.close()
}

async function tail(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch(() => '(no log)')
  return content.trim().split('\n').slice(-15).join('\n')
}
