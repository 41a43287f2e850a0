import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerInputs } from '@deploy-actions/core/host/server-inputs'
import { Secret } from '@deploy-actions/core/values/secret'
import { parse } from 'yaml'
import type { Check, CheckPlan } from '../../src/check.ts'
import { loadChecks } from '../../src/checks/load-checks.ts'
import { ChecksMistaken } from '../../src/checks/mistaken.ts'
import type { Defaults } from '../../src/inputs.ts'

const action: { inputs: Record<string, { default?: string }> } = parse(
  readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8'),
)

/** The inputs as the runner gives them: the defaults of action.yml, and what the step says. */
export function inputVariables(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''])
  const all: Record<string, string> = { ...Object.fromEntries(defaults), ...given }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
}

export const SHA = 'abcdef0123456789abcdef0123456789abcdef01'

export const DEFAULTS: Defaults = {
  through: 'runner',
  service: undefined,
  timeout: 10_000,
  attempts: 30,
  interval: 2_000,
  backoff: 1,
  maxInterval: 30_000,
  successThreshold: 1,
  deadline: 300_000,
}

export const SERVER: ServerInputs = {
  server: { host: 'shop.example.org', user: 'deploy', port: 22 },
  key: undefined,
  password: undefined,
  agent: undefined,
  hostKey: { kind: 'not-given' },
  connectTimeout: 1_000,
  jumps: [],
  secrets: [],
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly checksFiles?: readonly string[]
  readonly defaults?: Partial<Defaults>
  readonly connection?: ServerInputs | undefined
}

/** What the step's environment holds in the tests. */
export const ENV = { GITHUB_SHA: SHA, APP_HOST: 'shop.example.org', API_TOKEN: 'hunter2hunter2', EMPTY: '' }

export async function load(checks: string, given: Given = {}): Promise<readonly CheckPlan[]> {
  const { env = {}, files = {}, checksFiles = [], defaults = {}, connection = SERVER } = given
  const inputs = {
    checks,
    checksFiles,
    defaults: { ...DEFAULTS, ...defaults },
    connection: 'connection' in given ? given.connection : connection,
    wrong: undefined,
  }
  return loadChecks(inputs, { ...ENV, ...env }, async path => files[path])
}

/** The checks themselves, made without values of others. */
export async function checksOf(checks: string, given: Given = {}): Promise<Check[]> {
  return (await load(checks, given)).map(plan => made(plan))
}

export async function checkOf(check: string, given: Given = {}): Promise<Check> {
  const [first] = await checksOf(check, given)
  if (first === undefined) throw new Error('no check')
  return first
}

export function made(plan: CheckPlan, captured: Readonly<Record<string, string>> = {}): Check {
  const making = plan.make(new Map(Object.entries(captured).map(([name, value]) => [name, new Secret(value)])))
  if (!making.ok) throw new Error(making.reason)
  return making.check
}

export function revealed(check: Check): string[] {
  return check.secrets.map(secret => secret.reveal())
}

/** What is wrong, each as `line:column text`; empty when nothing is. */
export async function mistakesIn(checks: string, given: Given = {}): Promise<string[]> {
  try {
    await load(checks, given)
    return []
  } catch (thrown) {
    if (!(thrown instanceof ChecksMistaken)) throw thrown
    return thrown.mistakes.map(({ at, text }) => `${at.line}:${at.column} ${text}`)
  }
}
