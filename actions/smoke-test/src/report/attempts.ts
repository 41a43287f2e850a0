import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { AttemptResult, CheckResult } from '../result.ts'

/** A check may have thousands of attempts. */
const MOST_LINES = 40

/** A line for each attempt with its cause and its time; neighbours that are alike share one. */
export function attemptLines(attempts: readonly AttemptResult[]): string[] {
  const lines = runsOf(attempts).map(lineOf)
  if (lines.length <= MOST_LINES) return lines
  const half = MOST_LINES / 2
  return [
    ...lines.slice(0, half),
    `… ${lines.length - MOST_LINES} lines are left out; the JSON report has every attempt`,
    ...lines.slice(-half),
  ]
}

/** Stretches of attempts that ended in the same way. */
function runsOf(attempts: readonly AttemptResult[]): AttemptResult[][] {
  const runs: AttemptResult[][] = []
  for (const one of attempts) {
    const [last] = runs.at(-1) ?? []
    if (last !== undefined && isAlike(last, one)) runs.at(-1)?.push(one)
    else runs.push([one])
  }
  return runs
}

function isAlike(a: AttemptResult, b: AttemptResult): boolean {
  return a.ok === b.ok && a.reasons.join('\n') === b.reasons.join('\n')
}

function lineOf(run: readonly AttemptResult[]): string {
  const times = run.map(({ durationMs }) => durationMs)
  const [least, most] = [Math.min(...times), Math.max(...times)].map(formatDuration)
  const [first, last] = [run[0]?.number, run.at(-1)?.number]
  const which = first === last ? `attempt ${first}` : `attempts ${first} to ${last}`
  const time = least === most ? least : `${least} to ${most}`
  const reasons = run[0]?.reasons ?? []
  const cut = run[0]?.isCut ? ', cut by the deadline' : ''
  return `${run[0]?.ok ? '✓' : '✗'} ${which}, ${time}${cut}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`
}

/** `3 attempts, 4.2 s`. */
export function effortOf({ attempts, durationMs }: CheckResult): string {
  return `${count(attempts.length, 'attempt', 'attempts')}, ${formatDuration(durationMs)}`
}

/**
 * The last failing one: what explains a failure best, or what was in the way before it went well. One that the deadline cut would
 * hide why those before it failed.
 */
export function lastFailure<Try extends Pick<AttemptResult, 'ok' | 'isCut'>>(
  attempts: readonly Try[],
): Try | undefined {
  return attempts.findLast(({ ok, isCut }) => !ok && !isCut) ?? attempts.findLast(({ ok }) => !ok)
}

/** Whether it went well, failed, and went well again: a release that is up, and not steadily. */
export function isUnsteady({ outcome, attempts }: CheckResult): boolean {
  const firstGood = attempts.findIndex(({ ok }) => ok)
  return outcome === 'passed' && firstGood >= 0 && attempts.slice(firstGood).some(({ ok }) => !ok)
}
