import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cacheFolder, installOnce } from './install-once.mjs'
import { isOnPath } from './on-path.ts'
import { runQuietly, withProgress } from './progress.mjs'

/** The kinds of machine that released binaries are known for. */
type Kind = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64'

/** A program written in Go, pinned with all that it is made of by a go.mod and its go.sum. */
export interface GoTool {
  readonly name: string
  readonly version: string
  /** The package that is built. */
  readonly package: string
  /** The folder of go.mod and go.sum. */
  readonly module: string
  readonly ldflags?: string
  /** What its makers publish: a .tar.gz with the program at its top, for machines without Go. */
  readonly released?: {
    readonly url: (kind: string) => string
    readonly sha256: Readonly<Partial<Record<Kind, string>>>
  }
}

/** Shows that something takes its time. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** The path of the program: built with Go or downloaded on a machine's first use, then from the cache. */
export async function ensureGoTool(tool: GoTool, step: Step = withProgress): Promise<string> {
  const folder = path.join(cacheFolder(), `${tool.name}-${tool.version}-${pinOf(tool)}`)
  await installOnce(folder, async draft => {
    const hasGo = await isOnPath('go')
    if (hasGo) return step(`build ${tool.name} ${tool.version} with Go`, () => build(tool, path.join(draft, tool.name)))
    return step(`download ${tool.name} ${tool.version}`, () => download(tool, draft))
  })
  return path.join(folder, tool.name)
}

function pinOf(tool: GoTool): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${tool.ldflags ?? ''}`)
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(path.join(tool.module, file)))
  return hash.digest('hex').slice(0, 12)
}

async function build(tool: GoTool, target: string): Promise<void> {
  const flags = ['-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', `-s -w ${tool.ldflags ?? ''}`]
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' }
  await runQuietly('go', ['build', ...flags, '-o', target, tool.package], { cwd: tool.module, env })
}

async function download(tool: GoTool, folder: string): Promise<void> {
  const kind = `${process.platform}-${process.arch}`
  const expected = tool.released?.sha256[kind as Kind]
  const advice = `Install Go (https://go.dev/doc/install), so that ${tool.name} ${tool.version} can be built.`
  if (tool.released === undefined || expected === undefined) {
    throw new Error(`No released ${tool.name} is known for ${kind}. ${advice}`)
  }
  const url = tool.released.url(kind)
  const archive = await fetchBytes(url).catch(cause => {
    throw new Error(`${url} could not be read. ${advice}`, { cause })
  })
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual !== expected) throw new Error(`${url} has the SHA-256 ${actual}, not ${expected}: it is not used.`)
  const temporary = await mkdtemp(path.join(tmpdir(), 'go-tool-'))
  try {
    const file = path.join(temporary, 'release.tar.gz')
    await writeFile(file, archive)
    await runQuietly('tar', ['-xzf', file, '-C', folder, tool.name])
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
