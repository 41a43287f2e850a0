import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createStubEngine, type StubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A directory with a project, and a shell that finds the stub's docker. */
export class Server {
  readonly folder: string
  readonly engine: StubEngine
  /** The project directory. */
  readonly project: string

  private constructor(folder: string, engine: StubEngine) {
    this.folder = folder
    this.engine = engine
    this.project = join(folder, 'shop')
  }

  static async create(): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), 'stub-engine-'))
    mkdirSync(join(folder, 'shop'))
    return new Server(folder, await createStubEngine(join(folder, 'engine')))
  }

  write(path: string, content: string): void {
    const file = join(this.project, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }

  /** Runs a script in the project directory, with nothing in its environment but PATH and HOME. */
  async sh(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const child = spawn('sh', ['-c', script], {
      cwd: this.project,
      env: { PATH: `${this.engine.bin}:${process.env['PATH']}`, HOME: this.folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, for the calls that kill theirs.
      detached: true,
    })
    const { promise, resolve } = Promise.withResolvers<number>()
    child.on('close', (status, signal) => resolve(status ?? (signal === 'SIGKILL' ? 137 : 143)))
    const [status, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)])
    return { status, stdout, stderr }
  }

  /** What a script prints; fails when the script does. */
  async print(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.sh(script)
    if (status !== 0) throw new Error(`status ${status}: ${script}\n${stdout}${stderr}`)
    return stdout.trim()
  }

  /** `up` with a compose file of these services. */
  up(services: string, more = ''): Promise<Ran> {
    this.write('compose.yaml', `services:\n${services}\n${more}`)
    return this.sh('docker compose -p shop --project-directory "$PWD" -f compose.yaml up -d --no-build')
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
