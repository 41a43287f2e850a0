import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, withLock, writeAtomically } from './cache.ts'
import type { Progress } from './progress.ts'
import { command, isInstalled, tryCommand } from './shell.ts'

const ACT_VERSION = '0.2.89'
const COMPOSE_VERSION = '5.5.1'
/** The first act that both runs `using: node24` and knows --local-repository. */
const OLDEST_ACT = [0, 2, 82] as const

/**
 * SHA-256 of https://github.com/nektos/act/releases/download/v0.2.89/act_OS_ARCH.tar.gz, as cashapp/hermit-packages
 * (act.hcl) has recorded them.
 */
const ACT_RELEASES: Readonly<Record<string, string>> = {
  Linux_x86_64: '0191d6f1f3b716b5c55820032605d05fc3c1cdbf581ebeff655019e5dd1524c0',
  Linux_arm64: 'daa8679ba9615a74d2d0cec321dc593f21948a2a11bb65862b063d8b930f4bcb',
  Darwin_x86_64: '41b31488e7c254baec31cce12c7dade3e35973b8a31b9486206ad43f233d814e',
  Darwin_arm64: '48ae218af96725f7635a66de2b87e1e346893b02add0f16b92f560296b2151fc',
}

interface GoTool {
  readonly name: string
  readonly version: string
  readonly package: string
  /** Holds go.mod and go.sum, which pin every dependency. */
  readonly module: string
  readonly ldflags: string
}

const ACT: GoTool = {
  name: 'act',
  version: ACT_VERSION,
  package: 'github.com/nektos/act',
  module: join(import.meta.dirname, 'tools', 'act'),
  ldflags: `-X main.version=${ACT_VERSION}`,
}

const COMPOSE: GoTool = {
  name: 'docker-compose',
  version: COMPOSE_VERSION,
  package: 'github.com/docker/compose/v5/cmd',
  module: join(import.meta.dirname, 'tools', 'compose'),
  ldflags: `-X github.com/docker/compose/v5/internal.Version=v${COMPOSE_VERSION}`,
}

/** The path of act: the one on PATH when it is new enough, else built with Go, else its released binary. */
export async function ensureAct(progress: Progress): Promise<string> {
  const onPath = await tryCommand('sh', ['-c', 'command -v act && act --version'])
  if (onPath.exitCode === 0 && isRecentAct(onPath.stdout)) return onPath.stdout.split('\n')[0] ?? 'act'
  return ensureTool(ACT, progress, path => downloadAct(path, progress))
}

export function isRecentAct(output: string): boolean {
  const found = /version (\d+)\.(\d+)\.(\d+)/.exec(output)
  if (found === null) return false
  const version = found.slice(1).map(Number)
  for (const [index, oldest] of OLDEST_ACT.entries()) {
    const part = version[index] ?? 0
    if (part !== oldest) return part > oldest
  }
  return true
}

/** The path of the newest Compose, for servers that are to have it. */
export function ensureCompose(progress: Progress): Promise<string> {
  return ensureTool(COMPOSE, progress, async () => {
    throw new Error(
      `Compose ${COMPOSE_VERSION} is built with Go, which is not installed (https://go.dev/doc/install). ` +
        'Or ask for servers with Debian\u2019s Compose only.',
    )
  })
}

/** Built once for all checkouts of this user. */
async function ensureTool(
  tool: GoTool,
  progress: Progress,
  withoutGo: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(cacheFolder(), `${tool.name}-${tool.version}`)
  if (existsSync(path)) return path
  await withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return
    if (await isInstalled('go')) {
      await progress.step(`build ${tool.name} ${tool.version} with Go`, () => build(tool, path))
    } else {
      await withoutGo(path)
    }
  })
  return path
}

async function build(tool: GoTool, path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-tool-'))
  try {
    const binary = join(folder, tool.name)
    const args = [
      'build',
      '-trimpath',
      '-mod=readonly',
      '-ldflags',
      `-s -w ${tool.ldflags}`,
      '-o',
      binary,
      tool.package,
    ]
    await command('go', args, { cwd: tool.module, env: { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' } })
    await writeAtomically(path, await readFile(binary), 0o755)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function downloadAct(path: string, progress: Progress): Promise<void> {
  const system = { linux: 'Linux', darwin: 'Darwin' }[process.platform as string] ?? process.platform
  const name = `${system}_${process.arch === 'x64' ? 'x86_64' : process.arch}`
  const url = `https://github.com/nektos/act/releases/download/v${ACT_VERSION}/act_${name}.tar.gz`
  const expected = ACT_RELEASES[name]
  const advice = 'Install act (https://nektosact.com/installation), or Go to build it with.'
  if (expected === undefined) throw new Error(`There is no released act for ${name}. ${advice}`)
  await progress.step(`download act ${ACT_VERSION}`, async () => {
    const archive = await fetch(url)
      .then(async response => {
        if (!response.ok) throw new Error(`status ${response.status}`)
        return new Uint8Array(await response.arrayBuffer())
      })
      .catch(cause => {
        throw new Error(`act is not installed, Go neither, and ${url} cannot be read. ${advice}`, { cause })
      })
    const actual = createHash('sha256').update(archive).digest('hex')
    if (actual !== expected) throw new Error(`${url} has the SHA-256 ${actual}, not ${expected}: not used.`)
    await unpackAct(archive, path)
  })
}

async function unpackAct(archive: Uint8Array, path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-act-'))
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'act.tar.gz'), archive)
    await command('tar', ['--extract', '--gzip', '--file', 'act.tar.gz', 'act'], { cwd: folder })
    await writeAtomically(path, await readFile(join(folder, 'act')), 0o755)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
