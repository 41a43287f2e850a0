import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { type PlanFile, writePlanFile } from '@deploy-actions/core/release/plan-file'
import { PROGRAM } from '@deploy-actions/core/release/program.generated'
import { parseSections } from '@deploy-actions/core/release/sections'

const MARK = 'boundary-of-a-test'
const TIMEOUT = 60_000
/** `nobody`, for what root has permission to do and a login user has not. */
const OTHER_USER = '65534'

export type Files = Readonly<Record<string, string>>

/** A project directory with releases, and the real program in a shell. Docker has no containers, unless a test replaces it. */
export class ProjectFolder implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'project '))
  readonly #bin = join(this.#folder, 'bin')
  readonly #program = join(this.#folder, 'program.sh')
  readonly path = join(this.#folder, 'shop')
  #path = `${this.#bin}:${process.env['PATH']}`
  #asUser: readonly string[] = []
  /** Further variables of the program's environment. */
  env: Readonly<Record<string, string>> = {}

  constructor() {
    for (const folder of [this.#bin, join(this.path, '.deploy/releases'), join(this.path, '.deploy/tmp')])
      mkdirSync(folder, { recursive: true })
    writeFileSync(this.#program, PROGRAM)
    this.write('.deploy/epoch', '1\n')
    this.tool('docker', 'exit 0')
  }

  /** Puts a release into the store, as `store` does. */
  release(id: string, files: Files, plan: Partial<PlanFile> = {}): void {
    const folder = `.deploy/releases/${id}`
    const entries = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
    for (const [path, text] of entries) this.write(`${folder}/files/${path}`, text)
    this.write(`${folder}/manifest`, lines(entries.map(([path, text]) => `${sha256(text)}  ${path}`)))
    this.write(`${folder}/modes`, lines(entries.map(([path]) => `644 ${path}`)))
    this.write(`${folder}/paths`, lines(entries.map(([path]) => path)))
    this.write(`${folder}/plan`, writePlanFile({ ...EMPTY_PLAN, ...plan }))
    this.write(`${folder}/state`, 'state staged\n')
    this.write(`${folder}/rollback.sh`, PROGRAM)
  }

  /** The project holds a release that was confirmed, after a switch from another one. */
  holds(id: string, files: Files, before: string): void {
    for (const [path, text] of Object.entries(files)) this.write(path, text)
    const directories = new Set(Object.keys(files).map(path => dirname(path)))
    directories.delete('.')
    this.write('.deploy/directories', lines([...directories].sort()))
    this.pending(id, before, 'confirmed')
    this.write(`.deploy/releases/${id}/state`, 'state confirmed\n')
    for (const name of ['current', 'confirmed']) symlinkSync(`releases/${id}`, join(this.path, '.deploy', name))
  }

  pending(target: string, rollbackTarget: string, phase: string): void {
    this.write(
      '.deploy/pending',
      `format 1\nowner me\ntarget ${target}\nrollback-target ${rollbackTarget}\nphase ${phase}\nconfirm none\nconfirm-timeout 0\nwall-deadline 0\nattempts 0\n`,
    )
  }

  /** Replaces a program for all that follows. */
  tool(name: string, script: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  /** The machine's own program again. */
  repair(name: string): void {
    rmSync(join(this.#bin, name))
  }

  /** From now on `sh` is another shell. */
  useShell(path: string): void {
    symlinkSync(path, join(this.#bin, 'sh'))
  }

  /** From now on the machine has every program but one. */
  lacks(name: string): void {
    const present = new Set(readdirSync(this.#bin))
    for (const folder of (process.env['PATH'] ?? '').split(':').filter(existsSync))
      for (const program of readdirSync(folder)) {
        if (program === name || present.has(program)) continue
        present.add(program)
        symlinkSync(join(folder, program), join(this.#bin, program))
      }
    this.#path = this.#bin
  }

  /** From now on the program runs without root's permissions. */
  dropPrivileges(): void {
    if (process.getuid?.() !== 0) return
    spawnSync('chown', ['-R', `${OTHER_USER}:${OTHER_USER}`, this.#folder])
    this.#asUser = ['setpriv', '--reuid', OTHER_USER, '--regid', OTHER_USER, '--clear-groups']
  }

  async call(verb: string, args: readonly string[] = [], stdin = '') {
    const { exitCode, stdout, stderr } = await this.#run([this.#program, verb, MARK, this.path, ...args], stdin)
    return { status: exitCode, stdout, stderr, sections: parseSections(stdout, MARK) }
  }

  activate(id: string, rollbackTarget: string) {
    return this.call('activate', ['1', 'me', id, rollbackTarget])
  }

  rollback(id: string) {
    return this.call('rollback', ['1', 'me', id])
  }

  finish(id: string, phase: string) {
    return this.call('finish', ['1', 'me', id, phase], 'a test\n')
  }

  /** As a person does. */
  rollbackSh(id: string) {
    return this.#run([join(this.path, '.deploy/releases', id, 'rollback.sh')], '')
  }

  async #run(argv: readonly string[], stdin: string) {
    await using host = new LocalHost({ PATH: this.#path, HOME: this.#folder, LOOK_AGAIN: '0', ...this.env })
    return await host.run({ argv: [...this.#asUser, 'sh', ...argv], stdin, timeout: TIMEOUT })
  }

  write(path: string, text: string): void {
    const file = join(this.path, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { mode: 0o644 })
  }

  chmod(path: string, mode: number): void {
    chmodSync(join(this.path, path), mode)
  }

  remove(path: string): void {
    rmSync(join(this.path, path), { recursive: true })
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  has(path: string): boolean {
    return existsSync(join(this.path, path))
  }

  get phase(): string | undefined {
    return /^phase (.*)$/m.exec(this.read('.deploy/pending'))?.[1]
  }

  /** The team's part of the project directory: every file with its text. */
  get files(): Files {
    const found = readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(this.path.length + 1))
      .filter(path => !path.startsWith('.deploy/'))
    return Object.fromEntries(found.sort().map(path => [path, this.read(path)]))
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const EMPTY_PLAN: PlanFile = {
  project: 'shop',
  composeFiles: [],
  services: [],
  optional: [],
  links: [],
  foreign: [],
  pins: [],
  env: 'kept',
  envMode: '600',
  timeout: 60,
}

const lines = (texts: readonly string[]) => texts.map(text => `${text}\n`).join('')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
