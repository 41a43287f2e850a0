import type { Problem, Severity } from '../problem.ts'

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1 }

/** Errors first; else in the order of the rules. */
export function bySeverity(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

export function errorsOf(problems: readonly Problem[]): Problem[] {
  return problems.filter(problem => problem.severity === 'error')
}

/** What is wrong, and what to do, in one line. */
export function sentenceOf(problem: Problem): string {
  const names = problem.names.map(name => `\`${name}\``).join(', ')
  return `${names} (${problem.code}): ${problem.text}.${problem.hint ? ` ${problem.hint}` : ''}`
}

/** A line for each problem; a hint that several share stands once, below them. */
export function sentencesOf(problems: readonly Problem[]): string[] {
  const sharing = (hint: string | undefined) => problems.filter(problem => problem.hint === hint)
  const shared = [...new Set(problems.map(({ hint }) => hint))].filter(
    hint => hint !== undefined && sharing(hint).length > 1,
  )
  const lines = problems.map(({ hint, ...problem }) =>
    sentenceOf(shared.includes(hint) ? problem : { ...problem, ...(hint && { hint }) }),
  )
  const below = shared.map(
    hint =>
      `  ${sharing(hint)
        .map(({ names }) => names.join(', '))
        .join(', ')}: ${hint}`,
  )
  return [...lines.map(line => `- ${line}`), ...below]
}
