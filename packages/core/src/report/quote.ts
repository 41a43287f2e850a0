import { count } from '../values/count.ts'
import { bytesOf, fitting } from './fitting.ts'
import { codeBlock, markdownLine } from './markdown.ts'

export interface QuotePart {
  /** Markdown before the first line. */
  readonly lead?: string
  readonly lines: readonly string[]
  /** Bytes for the lines; at least the first one is always shown. */
  readonly room: number
}

/** Written for people: two spaces before a line mean that it is to be copied as it is. */
const INDENTED = /^ {2,}\S/

/** Bytes around a line: the sign of a quote, its line break, or a fence of its own. */
const AROUND = 40

/**
 * A message for people as a block quote. Its line breaks stay, and indented lines, such as a host key to copy, stand in a code
 * block.
 */
export function quote(parts: readonly QuotePart[]): string {
  const blocks = parts.flatMap(partBlocks)
  if (blocks.length === 0) return ''
  return blocks
    .join('\n\n')
    .split('\n')
    .map(line => `> ${line}`.trimEnd())
    .join('\n')
}

function partBlocks({ lead, lines, room }: QuotePart): string[] {
  const { shown } = fitting(lines, room, line => bytesOf(markdownLine(line)) + AROUND)
  const kept = shown.length === 0 ? lines.slice(0, 1) : shown
  const left = lines.length - kept.length
  const [first, ...rest] = blocksOf(left === 0 ? kept : [...kept, `… ${count(left, 'more line')}`])
  if (first === undefined) return []
  if (lead === undefined) return [first, ...rest]
  // In a paragraph a backtick is escaped.
  return first.startsWith('`') ? [lead, first, ...rest] : [`${lead} ${first}`, ...rest]
}

/** Paragraphs and code blocks; blank lines separate them. */
function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[][] = [[]]
  let before = ''
  for (const line of lines) {
    const isNew = line.trim() === '' || before.trim() === '' || INDENTED.test(line) !== INDENTED.test(before)
    if (isNew) blocks.push([])
    if (line.trim() !== '') blocks.at(-1)?.push(line)
    before = line
  }
  return blocks.filter(block => block.length > 0).map(blockOf)
}

function blockOf(lines: readonly string[]): string {
  if (!lines.every(line => INDENTED.test(line))) return lines.map(markdownLine).join('<br>\n')
  const indent = Math.min(...lines.map(line => line.search(/\S/)))
  return codeBlock(lines.map(line => line.slice(indent)))
}
