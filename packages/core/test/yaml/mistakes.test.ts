import { describe, expect, it } from '@jest/globals'
import { Mistakes } from '../../src/yaml/mistakes.ts'

const at = { source: 'checks', isFile: false, line: 1, column: 1 }

function textFor(word: string, known: readonly string[], foreign?: string): string {
  const mistakes = new Mistakes()
  mistakes.unknown(at, 'key', word, known, foreign)
  return mistakes.list.map(({ text }) => text).join('\n')
}

describe('Mistakes', () => {
  it.each([
    ['statsu', undefined, 'the key `statsu` is not known; did you mean `status`?'],
    ['code', 'status', 'the key `code` is not known; did you mean `status`?'],
    ['hunter2hunter2', undefined, 'this key is not known; the known ones are status, headers, body'],
  ])('says what was meant by %s, and quotes nothing that is far from every known word', (word, foreign, expected) => {
    expect(textFor(word, ['status', 'headers', 'body'], foreign)).toBe(expected)
  })

  it('lists no crowd of names', () => {
    const known = Array.from({ length: 61 }, (_, index) => `name-of-number-${index}`)
    expect(textFor('x', known)).toBe('this key is not known')
  })

  it('notes what has another name here', () => {
    const mistakes = new Mistakes()
    mistakes.alias(at, 'regex', 'pattern')
    expect(mistakes.list).toEqual([])
    expect(mistakes.notices.map(({ text }) => text)).toEqual([
      '`regex` is called `pattern` here; it works all the same',
    ])
  })
})
