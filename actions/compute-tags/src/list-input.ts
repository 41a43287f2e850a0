import { messageOf } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { parse } from 'csv-parse/sync'
import type { Entry } from './problems.ts'

/**
 * Reads a list input: CSV with a record a line, of which a `#` in the first column makes a comment. What a record's quotes held
 * together is one entry. An indented comment is one too: nobody means a tag by it.
 */
export function readList(input: string): Entry[] {
  const text = input.trim()
  if (text === '') return []
  const linesBefore = input.slice(0, input.length - input.trimStart().length).split('\n').length - 1
  return records(text)
    .map(({ record, info }) => ({ line: linesBefore + info.lines, text: record.join(',').trim() }))
    .filter(entry => entry.text !== '' && !entry.text.startsWith('#'))
}

interface InformedRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

function records(text: string): InformedRecord[] {
  if (isPlain(text)) return plainRecords(text)
  try {
    const options = {
      relax_quotes: true,
      comment: '#',
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
    } as const
    // With `info`, each record comes with where it was found; the types do not say so.
    return parse(text, options) as unknown[] as InformedRecord[]
  } catch (thrown) {
    throw new InvalidValue(`is no list: ${messageOf(thrown)}`)
  }
}

/** Cuts an entry into its comma-separated fields. A field that holds a comma stands in quotes. */
export function cutFields(entry: string): string[] {
  if (isPlain(entry) && !entry.includes('\n')) return entry === '' ? [] : entry.split(',')
  try {
    const [fields] = parse(entry, { relax_column_count: true, skip_empty_lines: true })
    return fields ?? []
  } catch (thrown) {
    throw new InvalidValue(`cannot be cut at its commas: ${messageOf(thrown)}`)
  }
}

/** Without quotes and carriage returns CSV is lines and commas, and its parser, which takes 15 ms for its first record, is not needed. */
function isPlain(text: string): boolean {
  return !/["\r]/.test(text)
}

function plainRecords(text: string): InformedRecord[] {
  return text
    .split('\n')
    .map((line, index) => ({ record: [line], info: { lines: index + 1 } }))
    .filter(({ record: [line = ''] }) => line !== '' && !line.startsWith('#'))
}
