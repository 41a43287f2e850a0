import { plainLines } from '@deploy-actions/core/report/plain-lines'
import type { Log } from '@deploy-actions/core/runner/log'
import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import type { CheckResult, RunResult } from '../result.ts'
import { attemptLines, effortOf, lastFailure } from './attempts.ts'
import { type Ending, endingOf, tallyOf } from './tally.ts'

const SIGNS: Readonly<Record<Ending, string>> = { failed: '✗', warned: '!', skipped: '–', passed: '✓' }

/** A line for what is quickly told, a group for what has more to say; in the order in which the checks are written. */
export function logRun(run: RunResult, log: Log): void {
  for (const check of run.checks) {
    const [title = '', ...rest] = plainLines(titleOf(check))
    const line = [title, ...rest].join(' ')
    if (check.attempts.length < 2 && check.outcome !== 'failed') log.info(line)
    else log.group(line, detailLines(check))
  }
  log.info(headlineOf(run))
}

function titleOf(check: CheckResult): string {
  const { name, group, reason, target } = check
  const whole = `${SIGNS[endingOf(check)]} ${group === undefined ? '' : `${group}: `}${name}`
  switch (check.outcome) {
    case 'passed':
      // A check without a name of its own is called by its target.
      return `${whole} (${effortOf(check)})${name === target.replace(/^GET /, '') ? '' : `: ${target}`}`
    case 'failed':
      return `${whole} (${effortOf(check)}): ${reason}`
    case 'skipped':
      return `${whole}: skipped: ${reason}`
  }
}

/** What was asked, how each attempt ended, and the beginning of the last bad answer. */
export function detailLines({ target, at, outcome, attempts }: CheckResult): string[] {
  const { excerpt, advice = [] } = (outcome === 'failed' && lastFailure(attempts)) || {}
  return [
    `${target} (${formatPosition(at)})`,
    ...attemptLines(attempts),
    ...advice,
    // A mark in front, so that nothing that was answered passes for a line of ours.
    ...(excerpt === undefined ? [] : plainLines(excerpt).map(line => `│ ${line}`)),
  ].flatMap(line => plainLines(line).map((part, index) => (index === 0 ? part : `  ${part}`)))
}

/** `2 of 7 checks failed, 1 warning, 4.2 s`. */
export function headlineOf({ checks, durationMs }: RunResult): string {
  const { total, passed, failed, warnings, skipped } = tallyOf(checks)
  const parts = [
    failed > 0
      ? `${failed} of ${count(total, 'check')} failed`
      : `${passed === total ? count(total, 'check') : `${passed} of ${count(total, 'check')}`} passed`,
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    formatDuration(durationMs),
  ]
  return parts.join(', ')
}
