import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cacheFolder, installOnce } from '@deploy-actions/build/install-once.mjs'
import { isOnPath } from '@deploy-actions/build/on-path'
import { runQuietly } from '@deploy-actions/build/progress.mjs'
import { ensureComposeBinary } from '@deploy-actions/testkit/stub-engine/compose-binary'
import { createStubEngine, type StubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'

const CLIENT = path.join(import.meta.dirname, 'client.c')

/** The small `docker` that speaks with a warm engine; undefined where there is no C compiler, and the stub's own is used. */
export async function ensureClient(): Promise<string | undefined> {
  if (!(await isOnPath('cc'))) return undefined
  const hash = createHash('sha256').update(process.arch).update(readFileSync(CLIENT)).digest('hex').slice(0, 12)
  const folder = path.join(cacheFolder(), `crash-engine-client-${hash}`)
  await installOnce(folder, async (draft: string) => {
    await runQuietly('cc', ['-O2', '-Wall', '-Wextra', '-o', path.join(draft, 'docker'), CLIENT])
  })
  return path.join(folder, 'docker')
}

/** A stub engine whose state lies in `folder`, which may be replaced by a copy of it at any time. */
export class WarmEngine {
  readonly stub: StubEngine
  /** The `docker` for the server's PATH. */
  readonly docker: string
  readonly #process: ChildProcess | undefined

  private constructor(stub: StubEngine, docker: string, process: ChildProcess | undefined) {
    this.stub = stub
    this.docker = docker
    this.#process = process
  }

  /** `notes`: a folder for the socket and `docker`, outside of what is copied. */
  static async start(folder: string, notes: string, client: string | undefined): Promise<WarmEngine> {
    mkdirSync(folder, { recursive: true })
    mkdirSync(notes, { recursive: true })
    const stub = await createStubEngine(folder)
    const docker = path.join(notes, 'docker')
    if (client === undefined) {
      writeFileSync(docker, readFileSync(path.join(stub.bin, 'docker')))
      chmodSync(docker, 0o755)
      return new WarmEngine(stub, docker, undefined)
    }
    const compose = await ensureComposeBinary()
    const socket = path.join(notes, 'engine')
    const options = ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'server.ts')]
    const child = spawn(process.execPath, [...options, socket, stub.store.path, writeCachedCompose(notes, compose)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    writeFileSync(docker, `#!/bin/sh\nunset LD_PRELOAD\nexec ${client} ${socket} ${compose} "$@"\n`)
    chmodSync(docker, 0o755)
    return new WarmEngine(stub, docker, child)
  }

  async stop(): Promise<void> {
    if (this.#process === undefined) return
    this.#process.stdin?.end()
    await once(this.#process, 'exit')
  }
}

/**
 * The real Compose, asked once for each set of files: what it prints depends on its arguments, on these and on nothing else here.
 * An `up` of the stub engine asks twice, and most of a crash test's time would go there.
 */
function writeCachedCompose(notes: string, compose: string): string {
  const file = path.join(notes, 'compose')
  const lines = [
    '#!/bin/sh',
    // The tools of the server under test are counted.
    'PATH=/usr/bin:/bin',
    'key=$({',
    `  printf '%s\\n' "$PWD" "$@"`,
    '  take=',
    '  for argument; do',
    '    [ -z "$take" ] || cat -- "$argument"',
    '    case $argument in -f | --env-file) take=yes ;; *) take= ;; esac',
    '  done',
    '} | sha256sum | cut -c 1-64)',
    `kept=${notes}/compose-$key`,
    `[ -f "$kept" ] || { ${compose} "$@" >"$kept.$$" && mv "$kept.$$" "$kept"; } || exit`,
    'exec cat "$kept"',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  chmodSync(file, 0o755)
  return file
}
