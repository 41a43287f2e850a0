import { join } from 'node:path'
import { ensureGoTool, type GoTool } from '@deploy-actions/build/go-tool'
import { isOnPath } from '@deploy-actions/build/on-path'
import { ensureEngine } from './engine.ts'
import { buildInContainer } from './go-in-container.ts'
import type { Progress } from './progress.ts'
import { tryCommand } from './shell.ts'

const ACT_VERSION = '0.2.89'
const COMPOSE_VERSION = '5.5.1'
/** The first act that both runs `using: node24` and knows --local-repository. */
const OLDEST_ACT = [0, 2, 82] as const

const ACT: GoTool = {
  name: 'act',
  version: ACT_VERSION,
  package: 'github.com/nektos/act',
  module: join(import.meta.dirname, 'tools', 'act'),
  ldflags: `-X main.version=${ACT_VERSION}`,
  released: {
    url: kind => {
      const [system = '', processor = ''] = kind.split('-')
      const name = `act_${system[0]?.toUpperCase()}${system.slice(1)}_${processor.replace('x64', 'x86_64')}.tar.gz`
      return `https://github.com/nektos/act/releases/download/v${ACT_VERSION}/${name}`
    },
    // As cashapp/hermit-packages (act.hcl) has recorded them.
    sha256: {
      'linux-x64': '0191d6f1f3b716b5c55820032605d05fc3c1cdbf581ebeff655019e5dd1524c0',
      'linux-arm64': 'daa8679ba9615a74d2d0cec321dc593f21948a2a11bb65862b063d8b930f4bcb',
      'darwin-x64': '41b31488e7c254baec31cce12c7dade3e35973b8a31b9486206ad43f233d814e',
      'darwin-arm64': '48ae218af96725f7635a66de2b87e1e346893b02add0f16b92f560296b2151fc',
    },
  },
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
  try {
    return await ensureGoTool(ACT, progress.step)
  } catch (error) {
    if ((await isOnPath('go')) || process.platform !== 'linux') throw error
    progress.note(`${error instanceof Error ? error.message : error} Docker is here, though:`)
    await ensureEngine(progress)
    return buildInContainer(ACT, progress)
  }
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

/** The path of the newest Compose, for servers that are to have it: a program for Linux, whatever this machine is. */
export async function ensureCompose(progress: Progress): Promise<string> {
  const canBuild = process.platform === 'linux' && (await isOnPath('go'))
  return canBuild ? ensureGoTool(COMPOSE, progress.step) : buildInContainer(COMPOSE, progress)
}
