import { addCounts, countsOfReport, NO_TESTS } from '@deploy-actions/build/test-counts'
import { describe, expect, it } from '@jest/globals'

describe('countsOfReport', () => {
  it.each([
    ['all well', { numPassedTests: 5 }, { passed: 5, failed: 0, skipped: 0 }],
    ['a failed test', { numPassedTests: 4, numFailedTests: 1 }, { passed: 4, failed: 1, skipped: 0 }],
    ['a file that could not be run', { numRuntimeErrorTestSuites: 1 }, { passed: 0, failed: 1, skipped: 0 }],
    ['skipped ones', { numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 }, { passed: 1, failed: 0, skipped: 3 }],
  ])('counts %s', (_, report, counts) => {
    expect(countsOfReport(() => JSON.stringify(report))).toEqual(counts)
  })

  it.each([
    ['', () => ''],
    [
      'no file',
      () => {
        throw new Error('ENOENT')
      },
    ],
  ])('takes %j for a failure', (_, read) => {
    expect(countsOfReport(read)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('addCounts', () => {
  it('adds each kind', () => {
    const counts = { passed: 1, failed: 2, skipped: 3 }
    expect([counts, counts].reduce(addCounts, NO_TESTS)).toEqual({ passed: 2, failed: 4, skipped: 6 })
  })
})
