import { quote } from '@deploy-actions/core/report/quote'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Tokens } from 'marked'
import { blocksOf, hostile, kindsIn } from './hostile.ts'

describe('quote', () => {
  it('keeps the lines of a message, with what comes next below', () => {
    const message = ['2 of 3 failed:', '- api: 502', '- web: 404', '', 'Nothing else.']
    const parts = [
      { lines: message, room: 1_000 },
      { lead: '**Next:**', lines: ['Look at `api`.'], room: 1_000 },
    ]
    expect(quote(parts)).toBe(
      [
        '> 2 of 3 failed:<br>',
        '> &#45; api: 502<br>',
        '> &#45; web: 404',
        '>',
        '> Nothing else.',
        '>',
        '> **Next:** Look at &#96;api&#96;.',
      ].join('\n'),
    )
  })

  it('shows indented lines as they are, so that they can be copied', () => {
    const lines = ['The server offers:', '  known-hosts: shop ssh-ed25519 AAAA_b*', '    more', 'That is all.']
    expect(quote([{ lines, room: 1_000 }])).toBe(
      [
        '> The server offers:',
        '>',
        '> ```text',
        '> known-hosts: shop ssh-ed25519 AAAA_b*',
        '>   more',
        '> ```',
        '>',
        '> That is all.',
      ].join('\n'),
    )
    expect(quote([{ lead: '**Next:**', lines: ['  a'], room: 9 }])).toBe('> **Next:**\n>\n> ```text\n> a\n> ```')
  })

  it('shows the first line whatever room there is, and counts the others', () => {
    expect(quote([{ lines: ['one', 'two', 'three'], room: 0 }])).toBe('> one<br>\n> … 2 more lines')
    expect(quote([{ lines: [], room: 0 }])).toBe('')
  })

  it('is one quote of text and code, whatever the lines hold', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), texts => {
        const lines = texts.flatMap(text => text.split(/[\p{Cc}\p{Zl}\p{Zp}]/u))
        const blocks = blocksOf(quote([{ lines, room: 10_000 }]))
        for (const block of blocks) expect(block.type).toBe('blockquote')
        expect(blocks.length).toBeLessThanOrEqual(1)
        const inside = (blocks[0] as Tokens.Blockquote | undefined)?.tokens ?? []
        const kinds = [...kindsIn(inside)].filter(kind => !['paragraph', 'text', 'br', 'code', 'space'].includes(kind))
        // `<br>` between two lines.
        expect(kinds.filter(kind => kind !== 'html')).toEqual([])
        const html = inside
          .flatMap(token => ('tokens' in token ? (token.tokens ?? []) : []))
          .filter(({ type }) => type === 'html')
        for (const { raw } of html) expect(raw.trim()).toBe('<br>')
      }),
    )
  })
})
