import type { Readable } from 'node:stream'
import type { CommandResult, HeldProcess, Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { PROGRAM, PROGRAM_HASH } from './program.generated.ts'
import { parseSections } from './sections.ts'

/** The program's exit statuses; scripts/common.sh defines them. */
export const ProgramStatus = {
  ok: 0,
  /** Nothing was changed. */
  refused: 65,
  /** The files were switched in part. */
  files: 66,
  /** `docker compose up` failed. */
  compose: 69,
  /** The lock, the epoch or the phase is no longer the caller's. */
  fenced: 75,
} as const

export type Verb =
  | 'survey'
  | 'open'
  | 'scratch'
  | 'stage'
  | 'pull'
  | 'adopt'
  | 'store'
  | 'activate'
  | 'rollback'
  | 'verify'
  | 'finish'
  | 'prune'
  | 'stop'
  | 'logs'

export interface Call {
  readonly args?: readonly string[]
  readonly stdin?: string | Uint8Array | Readable
  /** Milliseconds for the whole call. */
  readonly timeout: number
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly sections: ReadonlyMap<string, string>
  /** What the program says to people. */
  readonly stderr: string
}

/** What has to hold for as long as calls are made. */
export interface Guard {
  /** Throws when it does not hold any more. */
  check(): void
  /** Aborted when it does not hold any more; the reason says why. */
  readonly signal: AbortSignal
}

/** The program is missing or was changed: it has to be installed before it can be called. */
const NOT_INSTALLED = 79
const INSTALL_TIMEOUT = 60_000
/** Bytes of an answer that are kept: those of any project are a small part of it, and a server must not fill the memory of a runner. */
const MOST_OUTPUT = 64 * 1024 * 1024

/** Runs the program if the file is, to the byte, the one that we sent: `$1` is its hash, the rest its arguments. */
const callScript = `
program=$HOME/.local/share/deploy-actions/$1.sh
found=$(sha256sum "$program" 2>/dev/null) && [ "\${found%% *}" = "$1" ] || exit ${NOT_INSTALLED}
shift
exec sh "$program" "$@"`

const installScript = `
set -eu
umask 077
folder=$HOME/.local/share/deploy-actions
mkdir -p "$folder"
new=$(mktemp "$folder/new.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
found=$(sha256sum "$new")
[ "\${found%% *}" = "$1" ]
sync -- "$new" 2>/dev/null || sync
mv -f "$new" "$folder/$1.sh"`

/**
 * The server's side of a deploy: one POSIX program in the login user's home, sent once for each version, verified by its hash at each
 * call, and called by verb. It lies outside of every project, so that no container that mounts a project directory can change it.
 */
export class ServerProgram {
  readonly host: Host
  /** The project directory, as given. */
  readonly project: string
  readonly #mark: string
  readonly #guard: Guard | undefined

  /** `mark` is a word that no file on the server holds. No call is made, and none goes on, when the guard does not hold. */
  constructor(host: Host, project: string, mark: string, guard?: Guard) {
    this.host = host
    this.project = project
    this.#mark = mark
    this.#guard = guard
  }

  /** Runs a verb to its end. Its exit status is the caller's to judge; an answer that is not whole is an error. */
  async run(verb: Verb, call: Call): Promise<Answer> {
    const { args = [], onLine, ...rest } = call
    this.#guard?.check()
    const signals = [call.signal, this.#guard?.signal].filter(signal => signal !== undefined)
    const options = {
      ...rest,
      maxOutput: MOST_OUTPUT,
      ...(onLine ? { onLine: this.#beforeSections(onLine) } : {}),
      signal: AbortSignal.any(signals),
    }
    const result = await this.host.run({ ...options, argv: this.#argv(verb, args) })
    if (result.exitCode !== NOT_INSTALLED) return this.#answer(result)
    await this.#install()
    return this.#answer(await this.host.run({ ...options, argv: this.#argv(verb, args) }))
  }

  /** Starts a verb that stays. Call `run('survey')` first: only that installs the program. */
  hold(verb: 'open' | 'scratch', args: readonly string[], timeout: number): Promise<HeldProcess> {
    return this.host.hold({ argv: this.#argv(verb, args), timeout })
  }

  /** Reads the lines of a held verb up to the end of its answer. */
  sections(lines: readonly string[]): ReadonlyMap<string, string> {
    return parseSections(lines.join('\n'), this.#mark)
  }

  /** The line that ends the answer of a held verb. */
  get end(): string {
    return `${this.#mark} end`
  }

  /** Passes on what is for people: standard error, and standard output up to the first section. */
  #beforeSections(onLine: NonNullable<Call['onLine']>): NonNullable<Call['onLine']> {
    let isOver = false
    return (line, stream) => {
      if (stream === 'stdout') isOver ||= line.startsWith(`${this.#mark} `)
      if (line !== '' && (stream === 'stderr' || !isOver)) onLine(line, stream)
    }
  }

  #argv(verb: Verb, args: readonly string[]): string[] {
    return ['sh', '-c', callScript, 'deploy-actions', PROGRAM_HASH, verb, this.#mark, this.project, ...args]
  }

  #answer({ exitCode, stdout, stderr }: CommandResult): Answer {
    return { status: exitCode, sections: parseSections(stdout, this.#mark), stderr: stderr.trim() }
  }

  async #install(): Promise<void> {
    const argv = ['sh', '-c', installScript, 'deploy-actions', PROGRAM_HASH]
    const { exitCode, stderr } = await this.host.run({ argv, stdin: PROGRAM, timeout: INSTALL_TIMEOUT })
    if (exitCode === 0) return
    throw new ActionError({
      title: `The deploy program cannot be installed on ${this.host.name}`,
      message: `~/.local/share/deploy-actions could not be written: ${stderr.trim() || `exit status ${exitCode}`}`,
      next: 'Give the login user a home directory that it can write, with sh, sha256sum and mktemp on its PATH.',
    })
  }
}
