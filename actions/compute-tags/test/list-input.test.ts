import { describe, expect, it } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { cutFields, readList } from '../src/list-input.ts'

const texts = (input: string) => readList(input).map(({ text }) => text)
/** Lines as people write them, and as nobody does. */
const lists = fc
  .array(fc.constantFrom('a', 'b=c', ',', '\n', '\n\n', ' ', '#', 'type=sha', '{{x}}', 'ü'), { maxLength: 30 })
  .map(parts => parts.join(''))

describe('readList', () => {
  it.each([
    ['a\nb', ['a', 'b']],
    ['# no\na\n\n#no\nb', ['a', 'b']],
    ['a#b\nc #d', ['a#b', 'c #d']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['  # indented\na\n    \nb', ['a', 'b']],
    ['"a,b"\n"c\nd"', ['a,b', 'c\nd']],
    ['a"b', ['a"b']],
    ['# only', []],
    [' \n ', []],
  ])('reads %j', (input, expected) => {
    expect(texts(input)).toEqual(expected)
  })

  it('knows the line of each entry, comments and blank lines counted', () => {
    expect(readList('\n\n# first\na\n\nb').map(({ line }) => line)).toEqual([4, 6])
    expect(readList('# first\n"a,b"\nc').map(({ line }) => line)).toEqual([2, 3])
  })

  it('says what is wrong with quotes', () => {
    expect(() => readList('a\n"b')).toThrow('is no list: Quote Not Closed')
  })

  it('reads what has no quotes as the CSV parser does', () => {
    const options = {
      relax_quotes: true,
      comment: '#',
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
    } as const
    fc.assert(
      fc.property(lists, list => {
        const parsed = (parse(list.trim(), options) as string[][]).map(record => record.join(',').trim())
        expect(texts(list)).toEqual(parsed.filter(text => text !== '' && !text.startsWith('#')))
      }),
    )
  })
})

describe('cutFields', () => {
  it.each([
    ['type=sha,format=long', ['type=sha', 'format=long']],
    ['a,', ['a', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['', []],
  ])('cuts %j', (entry, expected) => {
    expect(cutFields(entry)).toEqual(expected)
  })

  it('refuses a quote inside a field', () => {
    expect(() => cutFields('value=a"b')).toThrow('cannot be cut at its commas')
  })
})
