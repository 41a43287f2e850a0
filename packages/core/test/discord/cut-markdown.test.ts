import { codePoints, takeGraphemes } from '@deploy-actions/core/discord/code-points'
import { cutMarkdown } from '@deploy-actions/core/discord/cut-markdown'
import { codeSpan, escapeMarkdown } from '@deploy-actions/core/discord/escape-markdown'
import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'

const FENCE = '```'

describe('takeGraphemes', () => {
  test.each([
    ['🚀🚀🚀', 2, '🚀🚀'],
    ['a👩‍👩‍👧b', 3, 'a'],
    ['a👩‍👩‍👧b', 6, 'a👩‍👩‍👧'],
    ['e\u0301e\u0301', 3, 'e\u0301'],
    ['abc', 0, ''],
    ['abc', 9, 'abc'],
  ])('of %p the first %d', (text, max, expected) => {
    expect(takeGraphemes(text, max)).toBe(expected)
  })
})

describe('cutMarkdown', () => {
  test.each([
    ['what fits', 'short', 10, 'short'],
    ['at the end of a word', 'one two three', 10, 'one two…'],
    ['a long word', 'abcdefghijklmnopqrstuvwxyz', 10, 'abcdefghi…'],
    ['emoji, by code points', '🚀'.repeat(10), 5, '🚀🚀🚀🚀…'],
    ['a link, before it', 'see [the log](https://a.example/1) now', 20, 'see…'],
    [
      'a link, after it',
      'see [the log](https://a.example/1) and then some',
      40,
      'see [the log](https://a.example/1) and…',
    ],
    ['a link with brackets in it', 'x [a\\]b](https://a.example/(1)) tail', 12, 'x…'],
    ['a bare address', 'see https://a.example/very/long/path', 20, 'see…'],
    ['a mention', 'hello <@&123456789012345678>', 15, 'hello…'],
    ['an escape', 'abcdef\\*g', 8, 'abcdef…'],
    ['one link longer than the room: its words', '[a long label here](https://a.example/x)', 12, 'a long…'],
    [
      'a code block',
      `log:\n${FENCE}ts\nconst a = 1\nconst b = 2\n${FENCE}`,
      30,
      `log:\n${FENCE}ts\nconst a = 1\nco…\n${FENCE}`,
    ],
    ['before a code block that would be empty', `a log:\n${FENCE}ts\nconst${FENCE}`, 12, 'a log:…'],
    ['inline code', 'run `docker compose up -d` now', 16, 'run `docker co…`'],
    ['a spoiler, without giving it away', 'it is ||the gardener of the house||', 20, 'it is ||the garde…||'],
    ['a fence that is none', `${FENCE} not closed at all`, 12, `${FENCE} not…`],
  ])('cuts %s', (_name, text, max, expected) => {
    expect(cutMarkdown(text, max)).toBe(expected)
    expect(codePoints(cutMarkdown(text, max))).toBeLessThanOrEqual(max)
  })

  it('closes a block whose own end lies far beyond', () => {
    const cut = cutMarkdown(`${FENCE}\n${'line of a log\n'.repeat(20_000)}${FENCE}`, 4_096)
    expect(cut.split(FENCE)).toHaveLength(3)
    expect(cut.endsWith(`…\n${FENCE}`)).toBe(true)
  })

  const piece = fc.oneof(
    fc.constantFrom(
      '[text](https://a.example/x_(1))',
      `${FENCE}sh\nls -la\n${FENCE}`,
      '`code`',
      '||spoiler||',
      '<@&123456>',
      '🚀',
      '👩‍👩‍👧',
      '\\*',
      '\n',
      ' ',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const text = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(' ').toWellFormed())

  it('keeps the limit, and never a half of a character', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 120 }), (whole, max) => {
        const cut = cutMarkdown(whole, max)
        expect(codePoints(cut)).toBeLessThanOrEqual(Math.max(max, 1))
        expect(cut.isWellFormed()).toBe(true)
      }),
    )
  })

  it('leaves no block open and no link broken', () => {
    const words = fc.array(
      fc.constantFrom('word', '[text](https://a.example/x)', `${FENCE}sh\nls -la /\n${FENCE}`, '🚀', 'more'),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 150 }), (parts, max) => {
        const cut = cutMarkdown(parts.join(' '), max)
        expect(cut.split(FENCE).length % 2).toBe(1)
        expect(cut.replaceAll('[text](https://a.example/x)', '')).not.toMatch(/[[\]()]|https?:/)
      }),
    )
  })
})

describe('escapeMarkdown', () => {
  test.each([
    ['*bold* _it_ `code`', '\\*bold\\* \\_it\\_ \\`code\\`'],
    ['[x](http://a)', '\\[x\\]\\(http:\u200b//a\\)'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['hi @everyone and @here', 'hi @\u200beveryone and @\u200bhere'],
    ['<@&123>', '\\<@&123\\>'],
    ['feat(api): plain', 'feat\\(api\\): plain'],
  ])('%p', (text, expected) => {
    expect(escapeMarkdown(text)).toBe(expected)
  })
})

describe('codeSpan', () => {
  test.each([
    ['feature/x_y', '`feature/x_y`'],
    ['a\nb', '`a b`'],
    ['a`b', 'a\\`b'],
    ['', ''],
  ])('%p', (text, expected) => {
    expect(codeSpan(text)).toBe(expected)
  })
})
