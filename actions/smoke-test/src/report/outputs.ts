import type { RunResult } from '../result.ts'
import { endingOf, tallyOf } from './tally.ts'

/** The paths of the files that were written. */
export interface Written {
  readonly reportPath: string | undefined
  readonly junitPath: string | undefined
}

/** Under the names of action.yml. No texts but names: the runner drops an output in which it finds a secret. */
export function outputsOf(run: RunResult, written: Written): Record<string, string> {
  const { total, passed, failed, warnings } = tallyOf(run.checks)
  const names = run.checks.filter(check => endingOf(check) === 'failed').map(({ name }) => name)
  return {
    result: failed > 0 ? 'failed' : 'passed',
    passed: String(passed),
    failed: String(failed),
    warnings: String(warnings),
    total: String(total),
    'failed-names': JSON.stringify(names),
    duration: (run.durationMs / 1_000).toFixed(1),
    'report-path': written.reportPath ?? '',
    'junit-path': written.junitPath ?? '',
  }
}
