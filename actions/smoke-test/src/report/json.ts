import { formatPosition } from '@deploy-actions/core/yaml/position'
import type { AttemptResult, CheckResult, RunResult } from '../result.ts'
import { isUnsteady } from './attempts.ts'
import { tallyOf } from './tally.ts'

/**
 * The report as a file; report.schema.json describes it. `version` changes when a key goes or means something else, not when
 * one is added. `startedAt` is in milliseconds since the epoch.
 */
export function reportJson(run: RunResult, startedAt: number): string {
  const tally = tallyOf(run.checks)
  const document = {
    version: 1,
    result: tally.failed > 0 ? 'failed' : 'passed',
    started: new Date(startedAt).toISOString(),
    'duration-ms': Math.round(run.durationMs),
    ...tally,
    checks: run.checks.map(checkJson),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function checkJson(check: CheckResult) {
  const { name, group, kind, target, at, severity, outcome, reason, attempts } = check
  return {
    name,
    group: group ?? null,
    kind,
    target,
    'written-at': formatPosition(at),
    severity,
    outcome,
    reason: reason ?? null,
    steady: !isUnsteady(check),
    'started-ms': Math.round(check.startedMs),
    'duration-ms': Math.round(check.durationMs),
    attempts: attempts.map(attemptJson),
  }
}

function attemptJson({ number, ok, reasons, advice, excerpt, isCut, durationMs }: AttemptResult) {
  return {
    number,
    ok,
    reasons,
    advice: advice ?? [],
    excerpt: excerpt ?? null,
    cut: isCut ?? false,
    'duration-ms': Math.round(durationMs),
  }
}
