import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { CommandFiles } from '@deploy-actions/testkit/runner/command-files'
import type { Case } from './cases.ts'
import { apiListener } from './fake-api.ts'
import { stepEnvironment } from './step-environment.ts'
import { makeWorkTree } from './work-tree.ts'

const HERE = import.meta.dirname
/** The instant at which every case runs. */
export const FROZEN_AT = '2026-10-14T09:26:53.589Z'

export function eventFile({ payload }: Case): string {
  return path.join(HERE, 'fixtures/events', `${payload}.json`)
}

/** What a run left behind, in a form that two bundles can be compared by. */
export interface Outcome {
  readonly status: 'success' | 'failure'
  readonly outputs: Readonly<Record<string, string>>
  readonly exported: Readonly<Record<string, string>>
  readonly bakeFiles: Readonly<Record<string, string>>
}

export interface BundleRun {
  readonly outcome: Outcome
  /** All that was printed. */
  readonly log: string
  readonly summary: string
  /** From the start of the process to its end. */
  readonly durationMs: number
}

/** Options of node that make a bundle's clock stand still. */
const FROZEN = `--import=${path.join(HERE, 'freeze-clock.ts')} --disable-warning=ExperimentalWarning`

/** Runs a bundle as a runner would: its inputs, event and file commands by environment, the API on the loopback, the clock standing still unless told. */
export async function runCase(bundle: string, subject: Case, nodeOptions = FROZEN): Promise<BundleRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'differential-'))
  try {
    await using api = await serve(apiListener(await readFile(eventFile(subject), 'utf8'), subject.api ?? 'up'))
    const files = new CommandFiles(folder)
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      NODE_OPTIONS: nodeOptions,
      FROZEN_AT,
      ...stepEnvironment(subject, { apiUrl: api.url, eventPath: eventFile(subject), temp: folder }),
      ...files.environment,
    }
    const work = path.join(folder, 'work')
    await mkdir(work)
    if (subject.workTree) makeWorkTree(work, subject.workTree)
    const { code, log, durationMs } = await start(bundle, env, work)
    const outputs = files.pairs('GITHUB_OUTPUT')
    const bakeFiles: Record<string, string> = {}
    for (const [name, text] of Object.entries(outputs)) {
      if (name.startsWith('bake-file') && text !== '') bakeFiles[name] = await readFile(text, 'utf8')
    }
    return {
      outcome: {
        status: code === 0 ? 'success' : 'failure',
        outputs: withoutFolder(outputs),
        exported: withoutFolder(files.pairs('GITHUB_ENV')),
        bakeFiles,
      },
      log,
      summary: files.text('GITHUB_STEP_SUMMARY'),
      durationMs,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The bake files lie in a folder with a random name. */
function withoutFolder(values: Readonly<Record<string, string>>): Record<string, string> {
  const clean = (text: string) =>
    text.replace(/^.*(?=\/docker-actions-toolkit-)/, '').replace(/(toolkit-)\w+/, '$1XXXXXX')
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, /bake.file/i.test(name) ? clean(text) : text]),
  )
}

type Ended = { readonly code: number; readonly log: string; readonly durationMs: number }

function start(bundle: string, env: NodeJS.ProcessEnv, cwd: string): Promise<Ended> {
  return new Promise(resolve => {
    const started = performance.now()
    execFile(process.execPath, [bundle], { env, cwd, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, log: stdout + stderr, durationMs: performance.now() - started })
    })
  })
}
