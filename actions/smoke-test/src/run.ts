import { messageOf } from '@deploy-actions/core/values/action-error'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { CheckPlan } from './check.ts'
import type { CheckResult, RunResult } from './result.ts'
import { runCheck } from './run-check.ts'
import { schedule } from './schedule.ts'
import type { World } from './world.ts'

export interface Settings {
  /** Milliseconds for all checks together. */
  readonly deadline: number
  readonly concurrency: number
  readonly failFast: boolean
  /** Of the inputs, and of the connection. */
  readonly secrets: readonly Secret[]
}

export interface Outcome {
  readonly result: RunResult
  /** All that must not be seen in what is told of the run. */
  readonly secrets: readonly Secret[]
}

/** Why a check was ended from outside. */
class Stopped extends Error {}

/** Makes the checks: side by side, each after those that it needs, until all are done or the time is up. */
export async function run(plans: readonly CheckPlan[], settings: Settings, world: World): Promise<Outcome> {
  const { clock, signal } = world
  const start = clock.now()
  const stop = new AbortController()
  const cancel = () => stop.abort(new Stopped('the run was cancelled'))
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const secrets = [...settings.secrets]
  const captured = new Map<string, Secret>()
  const warnings = new Set(plans.filter(({ severity }) => severity === 'warning').map(({ name }) => name))
  const frame = { start, end: start + settings.deadline, signal: stop.signal, secrets }

  const make = async (plan: CheckPlan): Promise<CheckResult> => {
    const making = plan.make(captured)
    if (!making.ok) return notMade(plan, 'failed', making.reason, clock.now() - start)
    const { check } = making
    world.mask(check.secrets)
    secrets.push(...check.secrets)
    const { captured: values, outcome, ...told } = await runCheck(check, frame, world)
    world.mask(values.values())
    for (const [name, value] of values) captured.set(name, value)
    secrets.push(...values.values())
    // A cancelled run has not proved what it was to prove; one that another check has ended needs no further proof.
    const isFailed = outcome === 'failed' || (outcome === 'stopped' && signal.aborted)
    const result: CheckResult = {
      ...factsOf(plan),
      outcome: outcome === 'passed' ? outcome : isFailed ? 'failed' : 'skipped',
      ...told,
    }
    if (settings.failFast && outcome === 'failed' && plan.severity === 'error') {
      stop.abort(new Stopped(`stopped, since "${plan.name}" failed (fail-fast)`))
    }
    return result
  }

  const checks = await schedule(plans, {
    concurrency: settings.concurrency,
    signal: stop.signal,
    make,
    passed: ({ outcome }) => outcome === 'passed',
    skip: (plan, need) => {
      const reason = need === undefined ? messageOf(stop.signal.reason) : `it needs "${need}", which did not pass`
      // Nothing else would fail the run, and what this one was to prove is not proved.
      const isUntold = plan.severity === 'error' && need !== undefined && warnings.has(need) && !stop.signal.aborted
      return notMade(plan, isUntold ? 'failed' : 'skipped', reason, clock.now() - start)
    },
  })
  signal.removeEventListener('abort', cancel)
  return { result: { checks, durationMs: clock.now() - start }, secrets }
}

function factsOf({ name, group, kind, target, at, severity }: CheckPlan) {
  return { name, group, kind, target, at, severity }
}

function notMade(plan: CheckPlan, outcome: 'failed' | 'skipped', reason: string, startedMs: number): CheckResult {
  return { ...factsOf(plan), outcome, reason, attempts: [], startedMs, durationMs: 0 }
}
