import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatPosition } from '../problem.ts'
import type { Mistake } from '../rules/mistakes.ts'
import { count, errorsOf, sentencesOf } from './order.ts'
import type { Report } from './report.ts'

/**
 * The runner cuts an annotation after 4096 characters, in the middle of a word
 * (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs, _maxIssueMessageLength).
 */
const LONGEST_MESSAGE = 3_900

/** Every problem in one message. */
export function failureOf(report: Report): ActionError {
  const errors = errorsOf(report.problems)
  const next = ['Nothing was built or changed.', ...report.causes, ...places(report)].join('\n')
  const lines = sentencesOf(errors)
  return new ActionError({
    title: `${count(errors.length, 'problem')} with secrets and variables`,
    message: cut(lines, LONGEST_MESSAGE - Math.min(next.length, 1_500)),
    next: next.length > 1_500 ? `${next.slice(0, 1_500)}…` : next,
  })
}

function places({ problems, verdicts, whereToSet }: Report): string[] {
  const wrong = new Set(errorsOf(problems).flatMap(({ names }) => names))
  const stores = new Set(verdicts.filter(({ rule }) => wrong.has(rule.name)).map(({ rule }) => rule.store))
  return [...stores].map(store => `Set ${store === 'secret' ? 'secrets' : 'variables'} at ${whereToSet[store]}`)
}

/** Mistakes in the rules: told before any value is looked at. */
export function mistakesError(mistakes: readonly Mistake[]): ActionError {
  const lines = mistakes.map(({ at, text }) => `- ${formatPosition(at)}: ${text}`)
  return new ActionError({
    title: `${count(mistakes.length, 'mistake')} in the rules`,
    message: cut(lines, LONGEST_MESSAGE),
    next: 'Correct the rules. No value was looked at.',
  })
}

/** Whole lines only; the last one says how many are left out. */
function cut(lines: readonly string[], longest: number): string {
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
