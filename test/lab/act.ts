import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { quoteArgument } from '@deploy-actions/core/host/quote'
import { tryCommand } from './shell.ts'

export interface WorkflowRun {
  /** The path of act. */
  readonly act: string
  /** A git repository; its checked-out commit is the run's. */
  readonly repository: string
  /** Relative to the repository. */
  readonly workflow: string
  readonly event: string
  readonly payload?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly vars?: Readonly<Record<string, string>>
  /** What a reference such as `org/actions@v1` stands for: a folder of this machine. */
  readonly repositories: Readonly<Record<string, string>>
  /** What every step finds in its environment, besides what this process has. */
  readonly env?: Readonly<Record<string, string>>
  /** Told each line that a step prints, as it comes. */
  readonly onLine?: (line: StepLine) => void
  /** Who has triggered it; `developer` unless given. */
  readonly actor?: string
  /** How many jobs run at the same time; as many as there are processors unless given. */
  readonly jobsAtOnce?: number
  /** When it is aborted, act cancels all jobs. */
  readonly cancel?: AbortSignal
}

export interface StepLine {
  readonly kind: 'text' | 'group' | 'notice' | 'warning' | 'error' | 'debug'
  readonly step: string
  readonly text: string
  readonly title: string | undefined
}

export interface WorkflowResult {
  readonly exitCode: number
  /** By the id of the step. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly lines: readonly StepLine[]
  readonly summaries: readonly string[]
  /** All that act wrote, in its own JSON: what no secret may be in. */
  readonly log: string
  readonly milliseconds: number
}

/**
 * Runs a workflow under act, on this machine instead of in a container. Its settings and its cache are in a folder of
 * this run: nobody's ~/.actrc has a say, and nothing is left.
 */
export async function runWorkflow(run: WorkflowRun): Promise<WorkflowResult> {
  const folder = await mkdtemp(join(tmpdir(), 'act-run-'))
  const start = performance.now()
  try {
    const recorder = new Recorder(run.onLine)
    const result = await tryCommand(run.act, await argumentsFor(run, folder), {
      cwd: run.repository,
      env: { ...run.env, ...(await environment(folder)) },
      onLine: line => recorder.read(line),
      ...(run.cancel ? { interrupt: run.cancel } : {}),
    })
    return {
      ...recorder.result(),
      exitCode: result.exitCode,
      log: (result.stdout + result.stderr).replaceAll(PADDING, ''),
      milliseconds: performance.now() - start,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function argumentsFor(run: WorkflowRun, folder: string): Promise<string[]> {
  // JSON is YAML too, which act reads by the files' ending: values with line breaks and quotes arrive as they are.
  const write = async (name: string, content: unknown) => {
    await writeFile(join(folder, name), JSON.stringify(content), { mode: 0o600 })
    return join(folder, name)
  }
  const [secrets, vars, event] = await Promise.all([
    write('secrets.yml', run.secrets ?? {}),
    write('vars.yml', run.vars ?? {}),
    write('event.json', run.payload ?? {}),
  ])
  const stands = Object.entries(run.repositories).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`])
  return [
    ...[run.event, '--json', '--workflows', run.workflow, '--platform', 'ubuntu-latest=-self-hosted'],
    ...[
      '--actor',
      run.actor ?? 'developer',
      '--secret-file',
      secrets,
      '--var-file',
      vars,
      '--eventpath',
      event,
      '--no-cache-server',
    ],
    ...(run.jobsAtOnce === undefined ? [] : ['--concurrent-jobs', String(run.jobsAtOnce)]),
    ...stands,
  ]
}

/** Matches what NODE writes besides the output of node; act may read only a part of it. */
const PADDING = /~{64,}/g

/**
 * Steps get the node that runs this, as they would get the runner's. act stops reading the terminal of a step as soon as
 * the step fails, so that the last lines were lost on a busy machine. A terminal holds 14 KB: the write of 64 KB ends only
 * after act has read everything before it. The first line ends a padding that act has read in part. A `run:` step that
 * fails can still lose lines. bash, as dash drops variables such as INPUT_DRY-RUN.
 * https://github.com/nektos/act/blob/v0.2.89/pkg/container/host_environment.go (exec)
 */
const NODE = `#!/bin/bash
if [ -t 1 ]; then echo '${'~'.repeat(64)}'; fi
${quoteArgument(process.execPath)} "$@"
status=$?
if [ "$status" -ne 0 ] && [ -t 1 ]; then
  head -c 65536 /dev/zero | tr '\\0' '~'
  echo
fi
exit "$status"
`

async function environment(folder: string): Promise<Record<string, string>> {
  const [home, programs] = [join(folder, 'home'), join(folder, 'programs')]
  await Promise.all([mkdir(home), mkdir(programs)])
  await writeFile(join(programs, 'node'), NODE, { mode: 0o755 })
  const path = [programs, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
  return { PATH: path, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_CACHE_HOME: join(home, '.cache') }
}

interface ActLine {
  readonly msg?: string
  readonly raw_output?: boolean
  readonly command?: string
  readonly step?: string
  readonly stepID?: readonly string[]
  readonly name?: string
  readonly arg?: string
  readonly content?: string
  readonly kvPairs?: Readonly<Record<string, string>>
}

const COMMANDS = ['group', 'notice', 'warning', 'error', 'debug'] as const

/** Reads what act writes with --json. */
class Recorder {
  readonly #outputs: Record<string, Record<string, string>> = {}
  readonly #lines: StepLine[] = []
  readonly #summaries: string[] = []
  readonly #onLine: ((line: StepLine) => void) | undefined

  constructor(onLine?: (line: StepLine) => void) {
    this.#onLine = onLine
  }

  read(line: string): void {
    const entry = parseLine(line)
    if (entry === undefined) return
    const step = entry.step ?? ''
    if (entry.raw_output === true) this.#tellText(step, (entry.msg ?? '').trimEnd())
    if (entry.command === 'summary') this.#summaries.push(entry.content ?? '')
    if (entry.command === 'set-output') {
      const id = entry.stepID?.join('.') ?? ''
      this.#outputs[id] = { ...this.#outputs[id], [entry.name ?? '']: entry.arg ?? '' }
    }
    const kind = COMMANDS.find(command => command === entry.command)
    if (kind !== undefined) this.#tell({ kind, step, text: entry.arg ?? '', title: entry.kvPairs?.['title'] })
  }

  result(): Pick<WorkflowResult, 'outputs' | 'lines' | 'summaries'> {
    return { outputs: this.#outputs, lines: this.#lines, summaries: this.#summaries }
  }

  #tellText(step: string, printed: string): void {
    const text = printed.replaceAll(PADDING, '')
    if (text !== '' || printed === '') this.#tell({ kind: 'text', step, text, title: undefined })
  }

  #tell(line: StepLine): void {
    this.#lines.push(line)
    this.#onLine?.(line)
  }
}

function parseLine(line: string): ActLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as ActLine
  } catch {
    return undefined
  }
}
