import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { deploy } from '@deploy-actions/core/deploy/apply'
import type { Context } from '@deploy-actions/core/deploy/context'
import type { DeployOptions, RollbackOptions, SwitchOptions } from '@deploy-actions/core/deploy/options'
import { exitStatusOf, type Outcome } from '@deploy-actions/core/deploy/result'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { collectFiles } from '@deploy-actions/core/host/files'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { packTar } from '@deploy-actions/core/host/tar'
import { ActionError } from '@deploy-actions/core/values/action-error'
import {
  type Effect,
  Enumeration,
  type EnumerationOptions,
  type Point,
  RunKilled,
} from '@deploy-actions/testkit/enumerating-host'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { waitForEnd } from '../scripts/processes.ts'
import type { Server } from '../scripts/server.ts'
import { type Version, workspaceOf } from './versions.ts'

/** What a run of the engine is asked to do. */
export type Order = { readonly deploy: Version } | 'rollback'

export interface EngineEnd {
  /** Undefined when the run was killed. */
  readonly status: 0 | 1 | 2 | undefined
  readonly result: string
  /** What it reported, for people. */
  readonly report: string
  readonly log: string
  readonly effects: readonly Effect[]
  /** Whether the run came to its point. */
  readonly isHit: boolean
  /** Errors that are bugs: neither a report nor the end of a killed run. */
  readonly bug: string | undefined
  /** What was alive long after the run. */
  readonly leftAlive: readonly string[]
}

const VERB_AT = 5
/** Only a run that hangs comes to it. */
const LONGEST_RUN_MS = 180_000
let runs = 0

/** Where a run is disturbed, and what others do while it is suspended. */
export interface Disturbance extends Point {
  readonly whileSuspended?: () => Promise<void>
}

/** Runs the real engine against a server of the harness, with a fault at one point; waits for everything that it started. */
export async function runEngine(
  server: Server,
  workspaces: string,
  order: Order,
  disturbance?: Disturbance,
): Promise<EngineEnd> {
  runs++
  const token = `engine-${process.pid}-${runs}`
  const env = {
    PATH: server.programs,
    HOME: server.home,
    LOOK_AGAIN: '0',
    TMPDIR: path.join(server.live, 'tmp'),
    CRASH_RUN: token,
  }
  const enumeration = new Enumeration({ open: () => new LocalHost(env), label: labelOf, ...disturbed(disturbance) })
  const log = new RecordingLog()
  const hanging = new AbortController()
  const limit = setTimeout(() => hanging.abort(new Error('The run hangs.')), LONGEST_RUN_MS)
  const work = carryOut(order, server, workspaces, contextOf(enumeration, log, hanging.signal, token))
  const ended = await Promise.race([work, enumeration.killed]).then(
    (outcome): Ended => ({ outcome }),
    (thrown): Ended => ({ thrown }),
  )
  // Who was killed does nothing any more: each of its calls fails.
  await work.catch(() => {})
  clearTimeout(limit)
  await enumeration.end()
  const leftAlive = await waitForEnd(token, () => [])
  return {
    ...judgementOf(enumeration.isKilled ? { thrown: new RunKilled() } : ended),
    log: log.text,
    effects: enumeration.effects,
    isHit: enumeration.isHit,
    leftAlive,
  }
}

function disturbed(point: Disturbance | undefined): Pick<EnumerationOptions, 'point' | 'whileSuspended'> {
  return point === undefined ? {} : { point, ...(point.whileSuspended ? { whileSuspended: point.whileSuspended } : {}) }
}

type Ended = { readonly outcome: Outcome } | { readonly thrown: unknown }

function judgementOf(ended: Ended): Pick<EngineEnd, 'status' | 'result' | 'report' | 'bug'> {
  if ('outcome' in ended) {
    const { result, headline, failure } = ended.outcome
    return {
      status: exitStatusOf(ended.outcome),
      result,
      report: failure ? `${failure.title}: ${failure.message}` : headline,
      bug: undefined,
    }
  }
  const { thrown } = ended
  if (thrown instanceof RunKilled) return { status: undefined, result: 'killed', report: 'killed', bug: undefined }
  if (thrown instanceof ActionError) {
    const { exitStatus, title, message } = thrown
    return { status: exitStatus, result: 'failed', report: `${title}: ${message}`, bug: undefined }
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return { status: 1, result: 'failed', report: text, bug: text }
}

function carryOut(order: Order, server: Server, workspaces: string, context: Context): Promise<Outcome> {
  const common: SwitchOptions = {
    path: server.project,
    projectName: undefined,
    lockTimeout: 120_000,
    registries: [],
    pullTimeout: 60_000,
    health: { waitTimeout: 20_000, stableFor: 1_000, url: undefined },
    onFailure: 'rollback',
  }
  if (order === 'rollback') return rollback({ ...common, to: '' } satisfies RollbackOptions, context)
  const { name, color } = order.deploy
  const options: DeployOptions = {
    ...common,
    source: {
      root: workspaceOf(workspaces, order.deploy),
      place: 'the workspace',
      envRoot: workspaceOf(workspaces, order.deploy),
      composeFiles: [],
      files: ['.'],
      env: [['COLOR', color]],
      envFile: undefined,
    },
    images: [],
    pull: 'always',
    sha: undefined,
    version: name,
    keepReleases: 5,
  }
  return deploy(options, context)
}

function contextOf(enumeration: Enumeration, log: RecordingLog, signal: AbortSignal, token: string): Context {
  return {
    clock: new ManualClock(Date.now()),
    log,
    signal,
    by: 'a crash test',
    purpose: 'deploy',
    mark: `boundary-${token}`,
    owner: `owner-${token}`,
    phase: (_name, work) => work(),
    connect: () => enumeration.connect(),
    probe: async () => undefined,
    workspace: {
      collect: collectFiles,
      pack: packTar,
      exists: async (root, name) => existsSync(path.join(root, name)),
      readText: async (root, name) => readFileSync(path.join(root, name), 'utf8'),
    },
  }
}

/** The verb of a call of the server's program, or the name that is given to a script. */
function labelOf(argv: readonly string[]): string {
  const [, , , name = ''] = argv
  return name === 'deploy-actions' ? (argv[VERB_AT] ?? 'install') : name
}
