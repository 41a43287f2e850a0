export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 }

/** The tests of a report that jest wrote with --json. A file that could not be run is one failure; so is a report that is not there. */
export function countsOfReport(read: () => string): Counts {
  let report: Record<string, unknown>
  try {
    report = JSON.parse(read())
  } catch {
    return { ...NO_TESTS, failed: 1 }
  }
  const count = (name: string) => Number(report[name] ?? 0)
  return {
    passed: count('numPassedTests'),
    failed: count('numFailedTests') + count('numRuntimeErrorTestSuites'),
    skipped: count('numPendingTests') + count('numTodoTests'),
  }
}

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}
