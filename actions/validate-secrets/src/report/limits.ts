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
