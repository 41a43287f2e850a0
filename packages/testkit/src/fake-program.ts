import type { Verb } from '@deploy-actions/core/release/program'
import type { FakeHeldProcess } from './fake-held-process.ts'
import type { FakeCall, FakeHost, FakeResult } from './fake-host.ts'

/** A call of the server's program: `sh -c SCRIPT deploy-actions HASH VERB MARK PROJECT ARGS…`. */
export interface ProgramCall {
  readonly verb: Verb
  readonly mark: string
  readonly project: string
  readonly args: readonly string[]
  readonly stdin: string
}

export interface ProgramAnswer {
  readonly status?: number
  /** What is printed before the first section. */
  readonly before?: string
  /** Lines or text of each section, in order; `end` follows by itself. */
  readonly sections?: Readonly<Record<string, string | readonly string[]>>
  readonly stderr?: string
  /** The output ends before the section `end`. */
  readonly isCut?: boolean
}

type Given<T> = T | ((call: ProgramCall) => T)
/** Several answers are given one after the other; the last one stays. */
export type ProgramResponse = Given<ProgramAnswer> | readonly Given<ProgramAnswer>[]

type HeldVerb = 'open' | 'scratch'

export interface HeldAnswer {
  /** The lines before the sections: `locked 1 /tmp/run`. */
  readonly lines: readonly string[]
  readonly sections?: ProgramAnswer['sections']
  /** Called with the process after these were printed. */
  readonly then?: (process: FakeHeldProcess, call: ProgramCall) => void
}

export interface FakeProgramOptions {
  readonly verbs?: Readonly<Partial<Record<Exclude<Verb, HeldVerb>, ProgramResponse>>>
  readonly held?: Readonly<Partial<Record<HeldVerb, Given<HeldAnswer>>>>
  /** Whether the program lies on the server already; true unless given. */
  readonly isInstalled?: boolean
}

/** What a test looks at afterwards. */
export interface FakeProgram {
  readonly calls: readonly ProgramCall[]
  callsOf(verb: Verb): readonly ProgramCall[]
  readonly isInstalled: boolean
}

const ENTRY = 'deploy-actions'
const NOT_INSTALLED = 79
const VERB_AT = 5

/** Has a fake host answer as the server's program does, by verb. A verb that is not given fails the test. */
export function fakeProgram(host: FakeHost, { verbs = {}, held = {}, ...options }: FakeProgramOptions): FakeProgram {
  const calls: ProgramCall[] = []
  let isInstalled = options.isInstalled ?? true
  const queues = new Map(
    Object.entries(verbs).map(([verb, given]) => [verb, Array.isArray(given) ? [...given] : [given]]),
  )
  const isEntry = (argv: readonly string[]) => argv[3] === ENTRY
  host.on(isEntry, (call): FakeResult => {
    if (call.argv.length === VERB_AT) {
      isInstalled = true
      return {}
    }
    if (!isInstalled) return { exitCode: NOT_INSTALLED }
    const read = readCall(call)
    calls.push(read)
    const queue: Given<ProgramAnswer>[] = queues.get(read.verb) ?? []
    const given = queue.length > 1 ? queue.shift() : queue[0]
    if (given === undefined) throw new Error(`The fake program has no answer to ${read.verb} ${read.args.join(' ')}`)
    const answer = typeof given === 'function' ? given(read) : given
    const { status = 0, stderr = '' } = answer
    return { exitCode: status, stdout: formatAnswer(answer, read.mark), stderr }
  })
  host.onHold(isEntry, (process, call) => {
    const read = readCall(call)
    calls.push(read)
    const given = held[read.verb as HeldVerb]
    if (given === undefined) throw new Error(`The fake program has no answer to ${read.verb} ${read.args.join(' ')}`)
    const { lines, sections, then } = typeof given === 'function' ? given(read) : given
    process.say(...lines)
    if (sections !== undefined) process.say(...formatAnswer({ sections }, read.mark).split('\n').slice(0, -1))
    then?.(process, read)
  })
  return {
    calls,
    callsOf: verb => calls.filter(call => call.verb === verb),
    get isInstalled() {
      return isInstalled
    },
  }
}

function readCall({ argv, stdin }: FakeCall): ProgramCall {
  const [verb = '', mark = '', project = '', ...args] = argv.slice(VERB_AT)
  return { verb: verb as Verb, mark, project, args, stdin }
}

/** As scripts/common.sh prints sections: an empty line, `MARK name`, the text. */
export function formatAnswer(
  { before = '', sections = {}, isCut = false, status = 0 }: ProgramAnswer,
  mark: string,
): string {
  const all = [...Object.entries(sections), ...(isCut || status !== 0 ? [] : [['end', ''] as const])]
  return before + all.map(([name, content]) => `\n${mark} ${name}\n${textOf(content)}`).join('')
}

function textOf(content: string | readonly string[]): string {
  const text = typeof content === 'string' ? content : content.join('\n')
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
