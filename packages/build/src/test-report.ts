import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 }

export interface Report {
  readonly counts: Counts
  /** The failed tests: file, name, and the first lines of the cause. */
  readonly failures: readonly string[]
}

/** The report of jest's --json, as far as it is read here: https://jestjs.io/docs/cli#--json */
interface JestReport {
  readonly numPassedTests?: number
  readonly numFailedTests?: number
  readonly numRuntimeErrorTestSuites?: number
  readonly numPendingTests?: number
  readonly numTodoTests?: number
  readonly testResults?: readonly JestFile[]
}

interface JestFile {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly JestTest[]
}

interface JestTest {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

const CAUSE_LINES = 6

/** Reads what jest wrote. A file that could not be run is one failure; so is a report that is not there. Files are named from `root`. */
export function readReport(read: () => string, root: string): Report {
  let report: JestReport
  try {
    report = JSON.parse(read())
  } catch {
    return { counts: { ...NO_TESTS, failed: 1 }, failures: [] }
  }
  return {
    counts: {
      passed: report.numPassedTests ?? 0,
      failed: (report.numFailedTests ?? 0) + (report.numRuntimeErrorTestSuites ?? 0),
      skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
    },
    failures: (report.testResults ?? []).flatMap(file => failuresOf(file, path.relative(root, file.name))),
  }
}

function failuresOf(file: JestFile, name: string): string[] {
  const tests = file.assertionResults.filter(({ status }) => status === 'failed')
  if (tests.length > 0)
    return tests.map(test => `${name} › ${test.fullName}\n${cause(test.failureMessages.join('\n'))}`)
  return file.status === 'failed' ? [`${name}\n${cause(file.message)}`] : []
}

function cause(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter(line => line.trim() !== '')
  return lines
    .slice(0, CAUSE_LINES)
    .map(line => `    ${line}`)
    .join('\n')
}

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}
