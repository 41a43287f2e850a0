import { codeBlock, markdownLine, markdownLink, markdownText } from '@deploy-actions/core/report/markdown'
import { markdownTable } from '@deploy-actions/core/report/table'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { lexer, type Token, type Tokens } from 'marked'
import { blocksOf, hostile, kindsIn } from './hostile.ts'

const tableIn = (markdown: string): Tokens.Table => {
  const [table, ...rest] = lexer(markdown).filter(({ type }) => type !== 'space')
  expect(table?.type).toBe('table')
  expect(rest).toEqual([])
  return table as Tokens.Table
}

/** What is seen of a cell, and what kinds of things are in it. */
function seen(tokens: readonly Token[]): string {
  const text = tokens.map(token => token.raw).join('')
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replaceAll('\u200b', '')
}

describe('markdownText', () => {
  it.each([
    ['a | b', 'a &#124; b'],
    ['`x`', '&#96;x&#96;'],
    ['[click](https://evil.example)', '&#91;click&#93;(https://evil.example)'],
    ['![x](y)', '!&#91;x&#93;(y)'],
    ['<script>', '&#60;script&#62;'],
    ['&lt;', '&#38;lt;'],
    ['C:\\x', 'C:&#92;x'],
    ['@octocat, see #12', '@\u200boctocat, see #\u200b12'],
    ['deploy@shop.example.org', 'deploy@shop.example.org'],
    ['one\r\n\ttwo\u2028three\u0000', 'one two three'],
    ['paid $5 or \u202e$6', 'paid &#36;5 or &#36;6'],
  ])('writes %j as %j', (text, markdown) => {
    expect(markdownText(text)).toBe(markdown)
  })

  it('is read in a table as it was written, and as nothing but text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 4 }), rows => {
        const escaped = rows.map(row => row.map(markdownText))
        const table = tableIn(markdownTable(['a', 'b'], escaped))
        expect(table.rows).toHaveLength(rows.length)
        for (const [index, cells] of table.rows.entries()) {
          expect(cells).toHaveLength(2)
          for (const [column, { tokens }] of cells.entries()) {
            // GitHub makes a link of an address too, which shows where it leads.
            const kinds = tokens.filter(token => token.type !== 'link' || token.raw !== token['text'])
            expect(kinds.every(({ type }) => type === 'text')).toBe(true)
            const text = rows[index]?.[column] ?? ''
            expect(seen(tokens)).toBe(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim())
          }
        }
      }),
    )
  })
})

describe('markdownLine', () => {
  it.each([
    ['# a', '&#35; a'],
    ['- a', '&#45; a'],
    ['+ a', '&#43; a'],
    ['=====', '&#61;===='],
    ['1. a', '1&#46; a'],
    ['23) a', '23&#41; a'],
    ['1.2.3', '1&#46;2.3'],
    ['a - b', 'a - b'],
    ['C# ##', 'C# &#35;&#35;'],
    ['a #', 'a &#35;'],
  ])('writes %j as %j', (text, markdown) => {
    expect(markdownLine(text)).toBe(markdown)
  })

  it('starts nothing, alone or below another line', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), texts => {
        const lines = texts.map(markdownLine).filter(line => line !== '')
        const kinds = kindsIn(blocksOf(lines.join('\n')))
        expect([...kinds].filter(kind => !['paragraph', 'text', 'br'].includes(kind))).toEqual([])
      }),
    )
  })
})

describe('markdownLink', () => {
  it.each([
    ['https://shop.example.org/a', '[x](https://shop.example.org/a)'],
    ['https://ada:s3cret@shop.example.org/a?token=s3cret#s3cret', '[x](https://shop.example.org/a)'],
    ['https://a.example/(b)|c"d', '[x](https://a.example/%28b%29%7Cc%22d)'],
    ['http://a.example/&lt;', '[x](http://a.example/&amp;lt;)'],
    ['javascript:alert(1)', 'x'],
    ['no address', 'x'],
    [`https://a.example/${'a'.repeat(3_000)}`, 'x'],
  ])('leads to %j by %j', (address, markdown) => {
    expect(markdownLink('x', address)).toBe(markdown)
  })
})

describe('codeBlock', () => {
  it('cannot be ended by what is in it', () => {
    fc.assert(
      fc.property(fc.array(hostile), lines => {
        const tokens = lexer(codeBlock(lines)).filter(({ type }) => type !== 'space')
        expect(tokens.map(({ type }) => type)).toEqual(['code'])
      }),
    )
  })
})
