import { gantt } from '@deploy-actions/core/report/gantt'
import { describe, expect, it } from '@jest/globals'

describe('gantt', () => {
  it('draws each bar from the start of the first', () => {
    const bars = [
      { name: 'Start: v2', start: 1_200.4, end: 1_200.4, ok: false },
      { name: 'Connect', start: 1_000, end: 1_200, ok: true },
    ]
    expect(gantt('t', bars).split('\n').slice(5, 7)).toEqual([
      '    ✗ Start  v2 :crit, 200, 201',
      '    ✓ Connect :done, 0, 200',
    ])
  })

  it('has a line for each bar, whatever the names hold', () => {
    const name = 'a```\n%% b: c; d, e # f\u2028g'
    const lines = gantt(name, [{ name, start: 0, end: 5, ok: true }]).split('\n')
    expect(lines).toHaveLength(7)
    expect(lines[5]).toMatch(/^ {4}✓ [^:;#,%`]* :done, 0, 5$/)
    expect(lines.filter(line => line.includes('```'))).toEqual(['```mermaid', '```'])
  })
})
