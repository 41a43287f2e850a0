import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readActionMetadata } from '@deploy-actions/build/action-metadata'
import { isFresh } from '@deploy-actions/build/input-hash'
import { actionFolder } from '@deploy-actions/build/workspace'
import { CommandFiles } from './runner/command-files.ts'
import { resolveDefault } from './runner/default-expression.ts'
import { type GitHubContext, githubContext, githubVariables } from './runner/github-context.ts'
import { type Annotation, annotationsIn, hide, maskLog, masksIn } from './runner/workflow-commands.ts'

export interface BundleRun {
  /** The step's `with:`. What is not given has its default of action.yml. */
  readonly inputs?: Readonly<Record<string, string>>
  /** The step's `env:`; wins over all other variables, and undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The payload of the event; its name is `github.event_name`. */
  readonly event?: object
  /** What differs from a push to main. */
  readonly github?: Partial<GitHubContext>
  /** `${{ job.status }}`. */
  readonly jobStatus?: 'success' | 'failure' | 'cancelled'
  /** The workspace; an empty folder unless given. */
  readonly cwd?: string
  /** The step's main part unless given. */
  readonly stage?: 'main' | 'post'
  /** For post: what main saved. */
  readonly state?: Readonly<Record<string, string>>
  /** The step's `id`. */
  readonly step?: string
  /** RUNNER_TEMP, which the steps of a job share; a folder of this run's own unless given. */
  readonly temp?: string
  /** Milliseconds after which the runner kills the process, as it does in a cancelled job. */
  readonly killAfter?: number
  /** Told the id of the process. */
  readonly onStart?: (pid: number) => void
  /** Sends a signal as soon as the output matches, or something else has happened. A cancelled job's runner sends SIGINT. */
  readonly signalAfter?: {
    readonly output?: RegExp
    readonly event?: Promise<unknown>
    readonly signal?: NodeJS.Signals
  }
  /** Told the output so far, each time that there is more of it. */
  readonly onOutput?: (output: string) => void
  /** Milliseconds after which the run is killed and the call fails; one minute unless given. */
  readonly timeout?: number
}

export interface BundleResult {
  /** The exit status; 128 + n is not used: `signal` says when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The outputs as the log shows them. */
  readonly maskedStdout: string
  readonly maskedStderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly path: readonly string[]
  readonly summary: string
  readonly masks: readonly string[]
  readonly annotations: readonly Annotation[]
  readonly durationMs: number
}

/**
 * Runs an action's bundle as a runner does: apart from this repository and its node_modules, with nothing of this process's environment.
 * GitHub drops the outputs of a post part without a word, and other runners do not: a bundle that writes there fails the call.
 */
export async function runBundle(name: string, run: BundleRun = {}): Promise<BundleResult> {
  if (!isFresh(name)) throw new Error(`actions/${name}/dist is missing or older than its sources; run pnpm build`)
  const folder = mkdtempSync(path.join(tmpdir(), 'runner-'))
  try {
    const action = path.join(folder, '_actions/org/actions/v1', name)
    cpSync(path.join(actionFolder(name), 'dist'), path.join(action, 'dist'), { recursive: true })
    const { entry, inputs } = entryAndInputs(name, run)
    const files = new CommandFiles(folder)
    const cwd = run.cwd ?? path.join(folder, 'work')
    const temp = run.temp ?? path.join(folder, '_temp')
    for (const part of [cwd, temp]) mkdirSync(part, { recursive: true })
    const eventPath = path.join(folder, 'event.json')
    writeFileSync(eventPath, JSON.stringify(contextOf(run).event))
    const env = definedOnly({
      // The system's own folders and those of this node, for actions that start a program.
      PATH: process.env['PATH'],
      HOME: temp,
      LANG: 'C.UTF-8',
      CI: 'true',
      ...githubVariables(contextOf(run), { workspace: cwd, eventPath }),
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      RUNNER_NAME: 'test',
      RUNNER_ENVIRONMENT: 'self-hosted',
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: temp,
      ...files.environment,
      ...prefixed('INPUT_', inputs, key => key.replaceAll(' ', '_').toUpperCase()),
      ...(run.step === undefined ? {} : { GITHUB_ACTION: run.step }),
      ...prefixed('STATE_', run.state ?? {}, key => key),
      ...run.env,
    })
    const ended = await runProcess(path.join(action, entry), { cwd, env, run })
    const masks = masksIn(ended.stdout)
    if (run.stage === 'post' && files.text('GITHUB_OUTPUT') !== '') {
      throw new Error(`The post part of ${name} sets outputs, which GitHub drops:\n${files.text('GITHUB_OUTPUT')}`)
    }
    return {
      ...ended,
      maskedStdout: maskLog(ended.stdout),
      maskedStderr: hide(ended.stderr, masks),
      outputs: files.pairs('GITHUB_OUTPUT'),
      state: files.pairs('GITHUB_STATE'),
      env: files.pairs('GITHUB_ENV'),
      path: files.text('GITHUB_PATH').split('\n').filter(Boolean),
      summary: files.text('GITHUB_STEP_SUMMARY'),
      masks,
      annotations: annotationsIn(ended.stdout),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Which file the runner starts, and all declared inputs with their values, as action.yml has it. */
function entryAndInputs(name: string, run: BundleRun) {
  const metadata = readActionMetadata(actionFolder(name))
  const stage = run.stage ?? 'main'
  const entry = metadata.runs[stage]
  if (entry === undefined) throw new Error(`actions/${name}/action.yml has no runs.${stage}`)
  const contexts = { github: contextOf(run), job: { status: run.jobStatus ?? 'success' }, runner: { os: 'Linux' } }
  const defaults = Object.entries(metadata.inputs).map(([input, declared]): [string, string] => [
    input,
    resolveDefault(declared.default ?? '', contexts),
  ])
  const unknown = Object.keys(run.inputs ?? {}).filter(input => !(input in metadata.inputs))
  if (unknown.length > 0) throw new Error(`actions/${name}/action.yml has no input ${unknown.join(', ')}`)
  return { entry, inputs: { ...Object.fromEntries(defaults), ...run.inputs } }
}

function contextOf(run: BundleRun): GitHubContext {
  return githubContext({ ...run.github, ...(run.event === undefined ? {} : { event: run.event }) })
}

function runProcess(
  file: string,
  { cwd, env, run }: { cwd: string; env: Record<string, string>; run: BundleRun },
): Promise<Pick<BundleResult, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'durationMs'>> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, [file], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) run.onStart?.(child.pid)
    let stdout = ''
    let stderr = ''
    const timeout = run.timeout ?? 60_000
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`The bundle was still running after ${timeout} ms:\n${stdout}${stderr}`))
    }, timeout)
    const kill = run.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), run.killAfter)
    const { output, event, signal = 'SIGINT' } = run.signalAfter ?? {}
    void event?.then(() => child.kill(signal), reject)
    let isSignalled = false
    const look = () => {
      run.onOutput?.(stdout + stderr)
      if (isSignalled || !output?.test(stdout + stderr)) return
      isSignalled = true
      child.kill(signal)
    }
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
      look()
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
      look()
    })
    child.on('error', reject)
    child.on('close', (exitCode, endedBy) => {
      clearTimeout(limit)
      clearTimeout(kill)
      resolve({ exitCode, signal: endedBy, stdout, stderr, durationMs: performance.now() - started })
    })
  })
}

function prefixed(prefix: string, pairs: Readonly<Record<string, string>>, spell: (key: string) => string) {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [`${prefix}${spell(key)}`, value]))
}

function definedOnly(pairs: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== undefined))
}
