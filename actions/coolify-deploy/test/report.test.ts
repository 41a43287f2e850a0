import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import type { Outcome } from '../src/outcome.ts'
import { summaryOf } from '../src/report.ts'

const OUTCOME: Outcome = { result: 'deployed', headline: 'shop deployed at 2', results: [] }
const phase = (end: number) => ({ name: 'Start', start: 1_000, end: 1_000 + end, ok: true })

describe('the summary', () => {
  it.each([
    [[], false],
    [[phase(2_999)], false],
    [[phase(10), phase(3_000)], true],
  ])('has a chart only where there is something to see: %j', (phases, expected) => {
    expect(summaryOf(OUTCOME, 'https://c.example', phases, text => text).includes('mermaid')).toBe(expected)
  })

  it('shows no secret, which it removes before Markdown is escaped', () => {
    const secret = 's3<c>*ret'
    const outcome: Outcome = {
      ...OUTCOME,
      headline: `deployed ${secret}`,
      explanation: `\`webhook\` is ${secret}`,
      details: [`set ${secret}`],
      failure: new ActionError({ title: 'Not deployed', message: `it printed ${secret}`, next: `Remove ${secret}.` }),
    }
    const summary = summaryOf(outcome, '', [], text => text.replaceAll(secret, '***'))
    expect(summary.match(/s3|ret\b/g)).toBeNull()
  })

  it('explains a skip below its heading, with names as code and nothing else as Markdown', () => {
    const outcome: Outcome = { ...OUTCOME, headline: 'Skipped', explanation: '`webhook` has lines for <b>main</b>' }
    const summary = summaryOf(outcome, '', [], text => text)
    expect(summary).toMatch(/^### \S+ Skipped\n\n`webhook` has lines for /)
    expect(summary).not.toContain('<b>')
  })
})
