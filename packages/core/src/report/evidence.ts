import { count } from '../values/count.ts'
import { bytesOf, fitting } from './fitting.ts'
import { codeBlock, fence } from './markdown.ts'
import { type Clean, shownLines, shownText } from './shown-text.ts'

/** Lines that show why something failed. */
export interface Evidence {
  readonly title: string
  readonly lines: readonly string[]
}

/** Lines that are folded until somebody opens them. */
export interface Folded extends Evidence {
  /** Shown at once: they are what the run was for, such as the plan of a dry run. */
  readonly isOpen?: boolean
}

const LONGEST_TITLE = 200

/** Bytes of the line that counts what is left out. */
const NOTE = 60

/**
 * Folded lines in a code block, in at most `room` bytes: the first ones of a plan; of a log the last ones, as its end says why.
 * Empty when there are none, or no room.
 */
export function foldedLines(
  { title, lines, isOpen }: Folded,
  which: 'first' | 'last',
  room: number,
  clean: Clean,
): string {
  const texts = lines.flatMap(line => shownLines(line, clean))
  if (texts.length === 0) return ''
  const summary = shownText(title, LONGEST_TITLE, clean)
  const around = bytesOf(folded(summary, codeBlock([]), isOpen)) + 2 * fence(texts.join('\n')).length + NOTE
  const { shown, left } = fitting(texts, room - around, text => bytesOf(text) + 1, which)
  if (shown.length === 0) return ''
  const note = left === 0 ? [] : [`… ${count(left, which === 'first' ? 'more line' : 'earlier line')} left out`]
  return folded(summary, codeBlock(which === 'first' ? [...shown, ...note] : [...note, ...shown]), isOpen)
}

/** Markdown below a title that opens it, which is escaped already. The blank lines end the HTML, so that what follows is Markdown. */
export function folded(summary: string, markdown: string, isOpen = false): string {
  return `<details${isOpen ? ' open' : ''}><summary>${summary}</summary>\n\n${markdown}\n\n</details>`
}
