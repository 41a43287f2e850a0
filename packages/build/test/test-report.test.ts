import { addCounts, NO_TESTS, readReport } from '@deploy-actions/build/test-report'
import { describe, expect, it } from '@jest/globals'

describe('readReport', () => {
  it.each([
    ['all well', { numPassedTests: 5 }, { passed: 5, failed: 0, skipped: 0 }],
    ['a failed test', { numPassedTests: 4, numFailedTests: 1 }, { passed: 4, failed: 1, skipped: 0 }],
    ['a file that could not be run', { numRuntimeErrorTestSuites: 1 }, { passed: 0, failed: 1, skipped: 0 }],
    ['skipped ones', { numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 }, { passed: 1, failed: 0, skipped: 3 }],
  ])('counts %s', (_, report, counts) => {
    expect(readReport(() => JSON.stringify(report), '/clone').counts).toEqual(counts)
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
    expect(readReport(read, '/clone')).toEqual({ counts: { passed: 0, failed: 1, skipped: 0 }, failures: [] })
  })

  it('names the failed tests, and the files that could not be run, with the cause', () => {
    const report = {
      testResults: [
        {
          name: '/clone/test/a.test.ts',
          status: 'failed',
          message: 'the whole',
          assertionResults: [
            { fullName: 'a works', status: 'passed', failureMessages: [] },
            {
              fullName: 'a never fails',
              status: 'failed',
              failureMessages: ['\u001b[31mExpected: 1\u001b[39m\n\nReceived: 2\n3\n4\n5\n6\n7'],
            },
          ],
        },
        { name: '/clone/test/b.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
        { name: '/clone/test/c.test.ts', status: 'passed', message: '', assertionResults: [] },
      ],
    }
    expect(readReport(() => JSON.stringify(report), '/clone').failures).toEqual([
      'test/a.test.ts › a never fails\n    Expected: 1\n    Received: 2\n    3\n    4\n    5\n    6',
      'test/b.test.ts\n    Cannot find module',
    ])
  })
})

describe('addCounts', () => {
  it('adds each kind', () => {
    const counts = { passed: 1, failed: 2, skipped: 3 }
    expect([counts, counts].reduce(addCounts, NO_TESTS)).toEqual({ passed: 2, failed: 4, skipped: 6 })
  })
})
