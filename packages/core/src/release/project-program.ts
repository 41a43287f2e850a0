import { Readable } from 'node:stream'
import { composeCommand, configCommand } from '../compose/command.ts'
import type { ContainerState } from '../compose/containers.ts'
import { objectOf, textsOf } from '../compose/plain-data.ts'
import { type PresentResource, parsePresentResources, type Resource } from '../compose/resources.ts'
import type { CommandResult, Host } from '../host/host.ts'
import { packTar, type TarDocument } from '../host/tar.ts'
import { normalizeImageReference, parseImageReference } from '../values/image-reference.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import {
  type AdoptAnswer,
  type PullAnswer,
  parseAdopt,
  parsePull,
  parseStage,
  parseSwitch,
  parseVerify,
  type StageAnswer,
  type SwitchAnswer,
  type VerifyAnswer,
} from './answers.ts'
import { storedEnv } from './layout.ts'
import { acquireLock, type Lock, type LockOptions } from './lock.ts'
import type { FinalPhase } from './pending.ts'
import { type Answer, type Call, ProgramStatus, ServerProgram, type Verb } from './program.ts'
import { Fenced, failureOf } from './program-failure.ts'
import type { PrunePlan } from './prune.ts'
import { linesIn, parseSections, type Sections } from './sections.ts'
import { parseServer, parseStore, type ServerSurvey, type StoreSurvey } from './survey.ts'

const START_TIMEOUT = 60_000
const SURVEY_TIMEOUT = 120_000
const UPLOAD_TIMEOUT = 30 * 60_000
const STORE_TIMEOUT = 120_000
const VERIFY_TIMEOUT = 180_000
const PRUNE_TIMEOUT = 10 * 60_000
/** What a switch does besides `up`: wait for an earlier one, files, stopping containers that leave. */
const SWITCH_MARGIN = 10 * 60_000
const OUTPUT_LINES = 200
/** What the server prints is kept in memory: no project comes near this. */
const MOST_CONFIG = 16 * 1024 * 1024
/** Prints `$1` on a line of its own before the output of a command. */
const MARKED = 'printf "\\n%s\\n" "$1" && shift && exec "$@"'
/** Prints those lines of its input that are not a path in the directory `$1`. A link that leads nowhere is there. */
const MISSING =
  'cd -- "$1" && while IFS= read -r path; do [ -e "./$path" ] || [ -L "./$path" ] || printf "%s\\n" "$path"; done'
/**
 * Prints what the command behind `$3` prints and, each after a NUL, the files `$2` and `$3` in the directory `$1` where they are there. One
 * that cannot be read is no reason to fail: nobody takes what is printed in its place for a line of `.env`.
 */
const WITH_TEXTS =
  'path=$1 one=$2 other=$3 && shift 3 && "$@" && cd -- "$path" && for file in "$one" "$other"; do printf "\\0"; [ ! -f "$file" ] || cat -- "$file" 2>/dev/null || printf "\\n=\\n"; done'

/** A private folder on a server. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
}

/** `.env` as it is now, or that of a release. */
type EnvPlace = 'present' | { readonly id: string }
export type EnvPlaces = readonly [EnvPlace, EnvPlace]
export type EnvTexts = readonly [string, string]

export interface StageRequest {
  /** The private folder of this run. */
  readonly folder: string
  /** The release whose files are reused; '' for none. */
  readonly base: string
  /** Paths of the base that are not reused. */
  readonly dropped: readonly string[]
  /** The Compose project's name; '' leaves it to Compose. */
  readonly projectName: string
  readonly tar: Readable
  readonly signal: AbortSignal
}

export interface PullRequest {
  readonly folder: string
  readonly logins: readonly { readonly registry: string; readonly username: string; readonly password: string }[]
  readonly pull: readonly string[]
  readonly look: readonly string[]
  readonly timeout: number
  readonly onLine: (line: string) => void
  readonly signal: AbortSignal
}

export interface SwitchRequest {
  readonly epoch: string
  readonly owner: string
  readonly id: string
  /** Milliseconds that Compose's `up` may take, which the release's plan holds as well. */
  readonly timeout: number
  readonly onLine: (line: string) => void
}

/** The verbs of the server's program for one project, as functions of typed data. */
export class ProjectProgram {
  readonly host: Host
  /** The project directory, as given. */
  readonly path: string
  readonly #mark: string
  readonly #program: ServerProgram
  readonly #lock: Lock | undefined

  /** `mark` is a word that no file on the server holds. With a lock, no call goes on after it was lost. */
  constructor(host: Host, path: string, mark: string, lock?: Lock) {
    this.host = host
    this.path = path
    this.#mark = mark
    this.#program = new ServerProgram(host, path, mark, lock)
    this.#lock = lock
  }

  async survey(): Promise<{ readonly server: ServerSurvey; readonly store: StoreSurvey }> {
    const sections = await this.#must('survey', 'survey the server', { timeout: SURVEY_TIMEOUT })
    return { server: parseServer(sections), store: parseStore(sections) }
  }

  acquireLock(options: LockOptions): Promise<Lock> {
    return acquireLock(this.#program, options)
  }

  /** A private folder outside of the project, for a dry run. It goes when it is disposed of, or with the connection. */
  async openScratch(): Promise<Scratch> {
    const held = await this.#program.hold('scratch', [], START_TIMEOUT)
    const end = () => held.close().then(() => {})
    try {
      for (;;) {
        const line = await held.nextLine(START_TIMEOUT)
        if (line === undefined) throw failureOf(this.host, 'make a temporary folder', statusOf(await held.close()))
        // Anything before it is a greeting of the login shell.
        if (line.startsWith('folder ')) return { folder: line.slice('folder '.length), [Symbol.asyncDispose]: end }
      }
    } catch (thrown) {
      // It would stay, with its folder, for as long as the connection.
      await end().catch(() => {})
      throw thrown
    }
  }

  async stage({ folder, base, dropped, projectName, tar, signal }: StageRequest): Promise<StageAnswer> {
    const args = [folder, base, projectName]
    const header = `${dropped.map(path => `${path}\n`).join('')}.\n`
    const stdin = Readable.from(withHeader(header, tar), { objectMode: false })
    return parseStage(await this.#must('stage', 'take the files', { args, stdin, timeout: UPLOAD_TIMEOUT, signal }))
  }

  async pull(request: PullRequest): Promise<PullAnswer> {
    const { folder, logins, pull, look, timeout } = request
    const named = new Set(logins.map(({ registry }) => registryOf(registry)))
    const stdin = [
      ...logins.flatMap(({ registry, username, password }) => [
        `login ${registryOf(registry) === HUB ? '-' : registry} ${username}`,
        password,
      ]),
      // The server's own logins stay in effect for every other registry.
      ...pull.map(image => `${named.has(registryOfImage(image)) ? 'pull-with-login' : 'pull'} ${image}`),
      ...look.map(image => `look ${image}`),
      '.',
      '',
    ].join('\n')
    const seconds = String(Math.ceil(timeout / 1_000))
    // Several images at a time; each has the limit on the server.
    const limit = timeout * Math.max(1, pull.length) + SURVEY_TIMEOUT
    const { onLine, signal } = request
    const call = { args: [folder, seconds], stdin, timeout: limit, onLine, signal }
    return parsePull(await this.#must('pull', 'pull images', call))
  }

  async adopt(request: {
    readonly folder: string
    readonly projectName: string
    readonly paths: readonly string[]
    readonly composeFiles: readonly string[]
  }): Promise<AdoptAnswer> {
    const stdin = `${[...request.paths, '.', ...request.composeFiles].join('\n')}\n`
    const args = [request.folder, request.projectName]
    return parseAdopt(await this.#must('adopt', 'copy what runs now', { args, stdin, timeout: VERIFY_TIMEOUT }))
  }

  async store(epoch: string, folder: string, id: string, documents: readonly TarDocument[]): Promise<void> {
    const stdin = packTar('', [], { documents })
    const args = [epoch, folder, id]
    await this.#must('store', `store release ${id}`, { args, stdin, timeout: STORE_TIMEOUT })
  }

  activate(request: SwitchRequest & { readonly rollbackTarget: string }): Promise<SwitchAnswer> {
    return this.#switch('activate', request, [request.rollbackTarget])
  }

  rollback(request: SwitchRequest): Promise<SwitchAnswer> {
    return this.#switch('rollback', request, [])
  }

  async verify(id: string): Promise<VerifyAnswer> {
    return parseVerify(await this.#must('verify', `inspect release ${id}`, { args: [id], timeout: VERIFY_TIMEOUT }))
  }

  /**
   * What Compose makes of files in the project directory, as parseComposeConfig reads it; or its error. With `places`, the texts of `.env` in
   * these too, in the same round trip. Never to be logged.
   */
  async readConfig(
    composeFiles: readonly string[],
    projectName: string,
    places?: EnvPlaces,
  ): Promise<{ readonly config: string; readonly envs?: EnvTexts } | { readonly error: string }> {
    const command = configCommand({ directory: this.path, composeFiles, projectName })
    const { exitCode, output, stderr, envs } = await this.#withEnvs(places, command)
    if (exitCode === 0 && output !== undefined) return { config: output, ...(envs === undefined ? {} : { envs }) }
    return { error: stderr.trim() || `exit status ${exitCode}` }
  }

  /** The values that Compose gives variables in a directory with a `.env`: only Compose knows how it reads that. Never to be logged. */
  async readVariables(directory: string, names: readonly string[]): Promise<Map<string, string>> {
    const environment = Object.fromEntries(names.map(name => [name, `\${${name}-}`]))
    const service = { image: 'none', environment }
    const command = composeCommand(
      { directory, composeFiles: ['-'], projectName: 'variables' },
      'config',
      '--format',
      'json',
    )
    const { exitCode, output, stderr } = await this.#marked(command, JSON.stringify({ services: { service } }))
    if (exitCode !== 0 || output === undefined)
      throw failureOf(this.host, 'read the variables of configs and secrets', { status: exitCode, stderr })
    const config = objectOf(JSON.parse(output))
    return new Map(Object.entries(textsOf(objectOf(objectOf(config['services'])['service'])['environment'])))
  }

  /** The profiles of all services of the compose files in a directory, active or not. */
  async profilesIn(directory: string, composeFiles: readonly string[], projectName: string): Promise<string[]> {
    const command = composeCommand({ directory, composeFiles, projectName }, 'config', '--profiles')
    const { exitCode, output, stderr } = await this.#marked(command)
    if (exitCode === 0 && output !== undefined) return output.split('\n').filter(line => line !== '')
    throw failureOf(this.host, 'list the profiles of the compose file', { status: exitCode, stderr })
  }

  /** Those of a project's networks or volumes that the engine has. */
  async presentResources(kind: Resource['kind'], names: readonly string[]): Promise<PresentResource[]> {
    if (names.length === 0) return []
    // It fails when one is missing, and prints the others.
    const { output } = await this.#marked(['docker', kind, 'inspect', '--format', '{{json .}}', ...names])
    return parsePresentResources(kind, output ?? '')
  }

  /** Which of these paths are not in a directory. */
  async missingIn(directory: string, paths: readonly string[]): Promise<string[]> {
    const command = ['sh', '-c', MISSING, 'missing', directory]
    const { exitCode, output, stderr } = await this.#marked(command, paths.map(path => `${path}\n`).join(''))
    if (exitCode === 0 && output !== undefined) return output.split('\n').filter(line => line !== '')
    throw failureOf(this.host, 'look for the files that the compose file refers to', { status: exitCode, stderr })
  }

  /** Runs a command that changes nothing. A banner of the login shell does not pass for a part of its output. */
  async #marked(
    command: readonly string[],
    stdin = '',
  ): Promise<{ readonly exitCode: number; readonly output: string | undefined; readonly stderr: string }> {
    const argv = ['sh', '-c', MARKED, 'marked', `${this.#mark} output`, ...command]
    this.#lock?.check()
    const signal = this.#lock && { signal: this.#lock.signal }
    const limits = { timeout: SURVEY_TIMEOUT, maxOutput: MOST_CONFIG }
    const { exitCode, stdout, stderr } = await this.host.run({ argv, stdin, ...limits, ...signal })
    return { exitCode, output: parseSections(stdout, this.#mark).get('output'), stderr }
  }

  /** The texts of `.env` in two places; '' where there is none. Never to be logged. */
  async readEnvs(places: EnvPlaces): Promise<EnvTexts> {
    const { exitCode, stderr, envs } = await this.#withEnvs(places, ['true'])
    if (exitCode === 0 && envs !== undefined) return envs
    throw failureOf(this.host, 'compare .env', { status: exitCode, stderr })
  }

  /** Runs a command that changes nothing, and reads `.env` in the places, if any, in the same round trip. */
  async #withEnvs(places: EnvPlaces | undefined, command: readonly string[]) {
    if (places === undefined) return { ...(await this.#marked(command)), envs: undefined }
    const paths = places.map(place => (place === 'present' ? '.env' : storedEnv(place)))
    const { output, ...rest } = await this.#marked(['sh', '-c', WITH_TEXTS, 'texts', this.path, ...paths, ...command])
    const [printed, one, other] = output?.split('\0') ?? []
    const envs: EnvTexts | undefined = one === undefined || other === undefined ? undefined : [one, other]
    return { ...rest, output: printed, envs }
  }

  /** The containers of a Compose project, running or not. */
  async containers(projectName: string): Promise<readonly ContainerState[]> {
    const args = ['none', projectName]
    return parseVerify(await this.#must('verify', 'inspect the containers', { args, timeout: VERIFY_TIMEOUT }))
      .containers
  }

  /** The commit point: repeatable, and refused when somebody else has decided. */
  async finish(request: {
    readonly epoch: string
    readonly owner: string
    readonly id: string
    readonly phase: FinalPhase
    readonly reason: string
  }): Promise<void> {
    const { epoch, owner, id, phase, reason } = request
    const stdin = `${reason.replace(/\s+/g, ' ').slice(0, 500)}\n`
    const args = [epoch, owner, id, phase]
    await this.#must('finish', `record release ${id} as ${phase}`, { args, stdin, timeout: STORE_TIMEOUT })
  }

  /** Returns the tags that were removed. */
  async prune(epoch: string, plan: PrunePlan): Promise<string[]> {
    const lines = [...plan.releases.map(id => `release ${id}`), ...plan.tags.map(tag => `tag ${tag}`), '']
    const call = { args: [epoch], stdin: lines.join('\n'), timeout: PRUNE_TIMEOUT }
    return linesIn(await this.#must('prune', 'prune old releases', call), 'removed')
  }

  async stop(epoch: string, projectName: string, timeout: number): Promise<void> {
    const args = [epoch, projectName, String(Math.ceil(timeout / 1_000))]
    await this.#must('stop', `stop the project ${projectName}`, { args, timeout: timeout + SURVEY_TIMEOUT })
  }

  /** Container id to the last lines of its log. */
  async logs(lines: number, containers: readonly string[]): Promise<Map<string, string[]>> {
    if (containers.length === 0) return new Map()
    const args = [String(lines), ...containers]
    const sections = await this.#must('logs', 'read the logs', { args, timeout: SURVEY_TIMEOUT })
    return new Map(containers.map(id => [id, linesIn(sections, id).filter(line => line.trim() !== '')]))
  }

  /** Every end of a switch but a lost lock is an answer, which the caller judges. */
  async #switch(verb: 'activate' | 'rollback', request: SwitchRequest, more: readonly string[]): Promise<SwitchAnswer> {
    const { epoch, owner, id, timeout, onLine } = request
    const output: string[] = []
    let isAnswer = false
    const answer = await this.#program.run(verb, {
      args: [epoch, owner, id, ...more],
      timeout: timeout + SWITCH_MARGIN,
      onLine: (line, stream) => {
        isAnswer ||= stream === 'stdout' && line.startsWith(`${this.#mark} `)
        if (isAnswer || line.trim() === '') return
        output.push(line)
        if (output.length > OUTPUT_LINES) output.shift()
        onLine(line)
      },
    })
    const text = output.join('\n')
    if (answer.status === ProgramStatus.fenced) throw new Fenced(this.host, text)
    return parseSwitch(answer.sections, answer.status, text)
  }

  async #must(verb: Verb, what: string, call: Call): Promise<Sections> {
    const answer = await this.#program.run(verb, call)
    if (answer.status !== ProgramStatus.ok) throw failureOf(this.host, what, answer)
    // The last section of every verb: without it the output was cut off.
    if (!answer.sections.has('end')) throw failureOf(this.host, what, answer)
    return answer.sections
  }
}

const HUB = 'docker.io'

/** The host of a registry as an input names it. */
function registryOf(text: string): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === '' || host === 'index.docker.io' ? HUB : host
}

/** '' for what is not a reference, which docker reports. */
function registryOfImage(image: string): string {
  try {
    return normalizeImageReference(parseImageReference(image)).registry
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return ''
    throw thrown
  }
}

function statusOf({ exitCode, stderr }: CommandResult): Pick<Answer, 'status' | 'stderr'> {
  return { status: exitCode, stderr }
}

async function* withHeader(header: string, rest: Readable): AsyncGenerator<Uint8Array> {
  yield Buffer.from(header)
  for await (const chunk of rest) yield chunk
}
