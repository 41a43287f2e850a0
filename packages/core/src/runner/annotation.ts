import { announce } from './log.ts'

/** A message that the runner shows beside the run, and beside the line of a file where it names one. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string
  readonly text: string
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
}

/**
 * A step shows ten annotations of each level and a run fifty; the rest is dropped in silence.
 * https://docs.github.com/rest/checks/runs
 */
export const ANNOTATIONS_OF_A_STEP = 10

/**
 * The runner cuts an annotation after 4096 characters, in the middle of a word
 * (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs, _maxIssueMessageLength).
 */
export const LONGEST_MESSAGE = 3_900

/** Whole lines only; the last one says how many are left out. */
export function cutLines(lines: readonly string[], longest: number): string {
  let length = 0
  const fitting = lines.filter(line => {
    length += line.length + 1
    return length <= longest
  })
  const left = lines.length - fitting.length
  return left === 0
    ? lines.join('\n')
    : `${fitting.join('\n')}\n- and ${left} more: the log and the job summary have all of them`
}

export function annotate({ level, title, text, place }: Annotation): void {
  announce(
    level,
    text,
    place ? { title, file: place.file, startLine: place.line, startColumn: place.column } : { title },
  )
}
