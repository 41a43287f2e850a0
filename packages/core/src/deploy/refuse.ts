import { otherWarnings } from '../compose/unset-variables.ts'
import type { Log } from '../runner/log.ts'
import { ActionError, type ActionErrorParts } from '../values/action-error.ts'
import type { Plan } from './plan.ts'

/** Refuses a plan that has problems; otherwise its warnings are reported, and Compose's. */
export function checkPlan(
  { problems, warnings }: Pick<Plan, 'problems' | 'warnings'>,
  composeWarnings: readonly string[],
  log: Log,
): void {
  refuse(problems)
  for (const line of otherWarnings(composeWarnings)) log.info(`  ${line}`)
  for (const { title, text } of warnings) log.warning(text, title)
}

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
