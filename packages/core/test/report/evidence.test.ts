import { foldedLines } from '@deploy-actions/core/report/evidence'
import { bytesOf } from '@deploy-actions/core/report/fitting'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { blocksOf, hostile } from './hostile.ts'

const same = (text: string) => text

describe('foldedLines', () => {
  it('folds lines below their title', () => {
    expect(foldedLines({ title: 'Last lines of `api`', lines: ['one', 'two'] }, 'last', 1_000, same)).toBe(
      '<details><summary>Last lines of &#96;api&#96;</summary>\n\n```text\none\ntwo\n```\n\n</details>',
    )
  })

  it('stands open when the lines are what the run was for', () => {
    expect(foldedLines({ title: 'Plan', lines: ['one'], isOpen: true }, 'first', 1_000, same)).toMatch(
      /^<details open>/,
    )
  })

  it('is not ended by what is in it', () => {
    fc.assert(
      fc.property(hostile, fc.array(hostile, { minLength: 1, maxLength: 5 }), (title, lines) => {
        const blocks = blocksOf(foldedLines({ title, lines }, 'last', 100_000, same))
        expect(blocks.map(({ type }) => type)).toEqual(['html', 'code', 'html'])
        expect(blocks.at(0)?.raw.match(/<[^<>]*>/g)).toEqual(['<details>', '<summary>', '</summary>'])
      }),
    )
  })

  it('shows the last lines of a log and the first ones of a plan, and counts the others', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`)
    const log = foldedLines({ title: 'Log', lines }, 'last', 500, same)
    expect(log).toMatch(/```text\n… \d+ earlier lines left out\nline \d+\n/)
    expect(log).toContain('\nline 100\n```')
    const plan = foldedLines({ title: 'Plan', lines }, 'first', 500, same)
    expect(plan).toMatch(/```text\nline 1\n[\s\S]*\n… \d+ more lines left out\n```/)
  })

  it('keeps to its room, or shows nothing', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 20 }), fc.nat(2_000), fc.boolean(), (lines, room, isFirst) => {
        const block = foldedLines({ title: 'Log', lines }, isFirst ? 'first' : 'last', room, same)
        expect(bytesOf(block)).toBeLessThanOrEqual(room)
      }),
    )
  })

  it('shows no secret that control characters or colours hide, and no colour', () => {
    const clean = (text: string) => text.replaceAll('s3cret', '***')
    const block = foldedLines(
      { title: 's3cret', lines: ['a\u001b[31ms3\u200bcret\u001b[0m', 's3cret'] },
      'last',
      900,
      clean,
    )
    expect(block).not.toContain('s3cret')
    expect(block).not.toContain('\u001b')
    expect(block).toContain('\na***\n***\n')
  })

  it('cuts a line of a whole screen, after the secrets are gone', () => {
    const clean = (text: string) => text.replaceAll('s3cret', '***')
    const block = foldedLines(
      { title: 'Log', lines: [`${'x'.repeat(1_996)}s3cret${'y'.repeat(16_000)}`] },
      'last',
      9_000,
      clean,
    )
    expect(block).toContain('x***…\n')
    expect(bytesOf(block)).toBeLessThan(2_200)
  })
})
