import { ActionError, type ActionErrorParts } from '../values/action-error.ts'

/** Throws one error with every problem. */
export function refuse(problems: readonly ActionErrorParts[]): void {
  const [first, ...others] = problems
  if (first === undefined) return
  if (others.length === 0) throw new ActionError(first)
  throw new ActionError({
    title: `${first.title}, and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'}`,
    message: problems.map(({ message, next }) => `- ${message}${next === undefined ? '' : ` ${next}`}`).join('\n'),
  })
}
