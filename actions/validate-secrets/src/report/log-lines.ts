import { bySeverity } from './order.ts'
import type { Report } from './report.ts'

/** A line for each problem: NAME, code, what is wrong, what to do; in columns. */
export function problemLines(report: Report): string[] {
  const problems = bySeverity(report.problems)
  const nameOf = (names: readonly string[]) => names.join(', ')
  const nameWidth = Math.min(32, Math.max(0, ...problems.map(({ names }) => nameOf(names).length)))
  const codeWidth = Math.max(0, ...problems.map(({ code }) => code.length))
  return problems.map(({ names, code, severity, text, hint }) => {
    const sign = severity === 'error' ? '✗' : '!'
    return `${sign} ${nameOf(names).padEnd(nameWidth)}  ${code.padEnd(codeWidth)}  ${text}.${hint ? ` ${hint}` : ''}`
  })
}
