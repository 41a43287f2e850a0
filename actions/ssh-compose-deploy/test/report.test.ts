import { describe, expect, it } from '@jest/globals'
import { summaryOf } from '../src/report.ts'

describe('summaryOf', () => {
  it('cannot be broken out of by a log line', () => {
    const summary = summaryOf(
      {
        result: 'failed',
        release: undefined,
        previous: undefined,
        headline: 'x',
        evidence: [{ title: 'logs of <b>', lines: ['```', '</details><h1>'] }],
      },
      'srv',
      [],
    )
    expect(summary).toContain('````text\n```\n</details><h1>\n````')
    expect(summary).toContain('logs of &lt;b>')
  })
})
