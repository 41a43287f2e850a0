import { normalize } from 'node:path'
import { parseProjectName, parseProjectPath } from '@deploy-actions/core/compose/project-inputs'
import { readServerInputs, type ServerInputs } from '@deploy-actions/core/host/server-inputs'
import type { Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import type { ActionError } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'

export const THROUGH = ['runner', 'ssh', 'container'] as const
export type Through = (typeof THROUGH)[number]

/** The inputs of a step, read and checked; the checks themselves are read by `loadChecks`. Times are in milliseconds. */
export interface Inputs {
  /** YAML, or a URL a line; '' for none. */
  readonly checks: string
  readonly checksFiles: readonly string[]
  /** What holds for a check that says nothing else. */
  readonly defaults: Defaults
  /** For all checks together. */
  readonly deadline: number
  readonly concurrency: number
  readonly failFast: boolean
  readonly reportPath: string | undefined
  readonly junitPath: string | undefined
  /** Values that the user does not want to be seen. */
  readonly secrets: readonly Secret[]
  /** Undefined when no server is named. */
  readonly connection: ServerInputs | undefined
  readonly project: Project
  /** What is wrong with them, which is reported together with the mistakes in the checks. */
  readonly wrong: ActionError | undefined
}

export interface Defaults {
  readonly through: Through
  readonly service: string | undefined
  readonly timeout: number
  readonly attempts: number
  readonly interval: number
  readonly backoff: number
  readonly maxInterval: number
  readonly successThreshold: number
  /** Of one check: that of all checks together. */
  readonly deadline: number
}

/** The Compose project on the server. */
export interface Project {
  readonly path: string | undefined
  readonly name: string | undefined
}

export function readInputs(read: InputReader, env: Environment): Inputs {
  const deadline = readSpan(read, 'deadline')
  const inputs = {
    checks: read.raw('checks'),
    checksFiles: read.lines('checks-file'),
    defaults: readDefaults(read, deadline),
    deadline,
    concurrency: read.integer('concurrency', { min: 1, max: 1_000 }),
    failFast: read.boolean('fail-fast'),
    reportPath: read.text('report-path') || undefined,
    junitPath: read.text('junit-path') || undefined,
    secrets: read.lines('secrets').map(line => new Secret(line)),
    connection: read.text('host') === '' ? undefined : readServerInputs(read, env),
    project: {
      path: read.parse('path', text => (text === '' ? undefined : parseProjectPath(text))),
      name: read.parse('project-name', parseProjectName),
    },
  }
  if (inputs.checks.trim() === '' && inputs.checksFiles.length === 0) {
    read.problem('checks', 'and `checks-file` are missing; write a URL, or a list of checks, in one of them')
  }
  const { reportPath, junitPath } = inputs
  if (reportPath !== undefined && junitPath !== undefined && normalize(reportPath) === normalize(junitPath)) {
    read.problem('junit-path', 'is the file of `report-path` too; write a file of its own for each report')
  }
  return { ...inputs, wrong: read.failure() }
}

function readDefaults(read: InputReader, deadline: number): Defaults {
  return {
    // A wrong one must not make mistakes of the checks.
    through: read.choice('through', THROUGH) ?? 'runner',
    service: read.text('service') || undefined,
    timeout: readSpan(read, 'timeout'),
    attempts: read.integer('attempts', { min: 1, max: 10_000 }),
    interval: read.duration('interval'),
    backoff: read.parse('backoff', parseBackoff),
    maxInterval: read.duration('max-interval'),
    successThreshold: read.integer('success-threshold', { min: 1, max: 1_000 }),
    deadline,
  }
}

/** A time limit; none is not among the choices. */
function readSpan(read: InputReader, name: string): number {
  const ms = read.duration(name)
  if (ms === 0) read.problem(name, 'is 0; write how long to wait at most')
  return ms
}

function parseBackoff(text: string): number {
  const factor = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || factor < 1 || factor > 10) {
    throw new InvalidValue(`is "${text}"; write a number from 1 to 10`)
  }
  return factor
}
