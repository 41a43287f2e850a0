import { gantt } from '@deploy-actions/core/report/gantt'
import { describe, expect, it } from '@jest/globals'

const bar = (name: string, end = 5_000) => ({ name, start: 0, end, ok: true })

describe('gantt', () => {
  it('draws each bar from the start of the first', () => {
    const bars = [
      { name: 'Start: v2', start: 1_200.4, end: 1_200.4, ok: false },
      { name: 'Connect', start: 1_000, end: 1_200, ok: true },
    ]
    expect(gantt('t', bars).split('\n').slice(5, 7)).toEqual([
      '    ✗ Start∶ v2 :crit, 200, 201',
      '    ✓ Connect :done, 0, 200',
    ])
  })

  it.each([
    [2_999, '%Q ms'],
    [3_000, '%s s'],
  ])('counts from the start of the first bar, in no time zone: %d ms with %s', (span, format) => {
    const bars = [
      { name: 'a', start: 7_000, end: 7_500, ok: true },
      { name: 'b', start: 7_500, end: 7_000 + span, ok: true },
    ]
    expect(gantt('t', bars)).toContain(`    axisFormat ${format}\n`)
  })

  it.each(['click here', 'section one', 'title two', 'excludes weekends', 'todayMarker off', 'done'])(
    'takes a name that is a word of the language: %s',
    name => {
      expect(gantt('t', [bar(name)]).split('\n')[5]).toBe(`    ✓ ${name} :done, 0, 5000`)
    },
  )

  it('has a line for each bar, whatever the names hold', () => {
    const name = 'a```\n%% b: c; d, e # f\u2028g'
    const lines = gantt(name, [bar(name)]).split('\n')
    expect(lines).toHaveLength(7)
    expect(lines[5]).toMatch(/^ {4}✓ [^:;#,%`]* :done, 0, 5000$/)
    expect(lines.filter(line => line.includes('```'))).toEqual(['```mermaid', '```'])
  })

  it('has a title and names even where nothing of them can be shown', () => {
    expect(
      gantt('::', [bar(';')])
        .split('\n')
        .slice(2),
    ).toEqual(['    title ∶∶', '    dateFormat x', '    axisFormat %s s', '    ✓ - :done, 0, 5000', '```'])
  })
})
