import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { CheckResult, TryResult } from '../result.ts'

/** A check may have thousands of tries. */
const MOST_LINES = 40

/** A line for each attempt with its cause and its time; neighbours that are alike share one. */
export function tryLines(tries: readonly TryResult[]): string[] {
  const lines = runsOf(tries).map(lineOf)
  if (lines.length <= MOST_LINES) return lines
  const half = MOST_LINES / 2
  return [
    ...lines.slice(0, half),
    `… ${lines.length - MOST_LINES} lines are left out; the JSON report has every try`,
    ...lines.slice(-half),
  ]
}

/** Stretches of tries that ended in the same way. */
function runsOf(tries: readonly TryResult[]): TryResult[][] {
  const runs: TryResult[][] = []
  for (const one of tries) {
    const [last] = runs.at(-1) ?? []
    if (last !== undefined && isAlike(last, one)) runs.at(-1)?.push(one)
    else runs.push([one])
  }
  return runs
}

function isAlike(a: TryResult, b: TryResult): boolean {
  return a.ok === b.ok && a.reasons.join('\n') === b.reasons.join('\n')
}

function lineOf(run: readonly TryResult[]): string {
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
export function effortOf({ tries, durationMs }: CheckResult): string {
  return `${count(tries.length, 'attempt', 'attempts')}, ${formatDuration(durationMs)}`
}

/**
 * The last failing one: what explains a failure best, or what was in the way before it went well. One that the deadline cut would
 * hide why those before it failed.
 */
export function lastFailure<Try extends Pick<TryResult, 'ok' | 'isCut'>>(tries: readonly Try[]): Try | undefined {
  return tries.findLast(({ ok, isCut }) => !ok && !isCut) ?? tries.findLast(({ ok }) => !ok)
}

/** Whether it went well, failed, and went well again: a release that is up, and not steadily. */
export function isUnsteady({ outcome, tries }: CheckResult): boolean {
  const firstGood = tries.findIndex(({ ok }) => ok)
  return outcome === 'passed' && firstGood >= 0 && tries.slice(firstGood).some(({ ok }) => !ok)
}
