import type { CheckResult } from '../result.ts'

/** How many checks ended in which way. */
export interface Tally {
  readonly total: number
  readonly passed: number
  /** Those that make the step fail. */
  readonly failed: number
  /** Those that failed and are only told. */
  readonly warnings: number
  readonly skipped: number
}

export type Ending = 'failed' | 'warned' | 'skipped' | 'passed'

export function endingOf({ outcome, severity }: CheckResult): Ending {
  return outcome === 'failed' && severity === 'warning' ? 'warned' : outcome
}

export function tallyOf(checks: readonly CheckResult[]): Tally {
  const number = (ending: Ending) => checks.filter(check => endingOf(check) === ending).length
  return {
    total: checks.length,
    passed: number('passed'),
    failed: number('failed'),
    warnings: number('warned'),
    skipped: number('skipped'),
  }
}

const RANK: Readonly<Record<Ending, number>> = { failed: 0, warned: 1, skipped: 2, passed: 3 }

/** The worst first; else in the order in which they are written. */
export function worstFirst(checks: readonly CheckResult[]): CheckResult[] {
  return [...checks].sort((a, b) => RANK[endingOf(a)] - RANK[endingOf(b)])
}
