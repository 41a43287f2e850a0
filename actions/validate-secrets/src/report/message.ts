import { cutLines, LONGEST_MESSAGE } from '@deploy-actions/core/runner/annotation'
import { joinedFailure } from '@deploy-actions/core/runner/joined-failure'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { Mistake } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import { errorsOf, sentencesOf } from './order.ts'
import type { Report } from './report.ts'

/** Every problem in one message. */
export function failureOf(report: Report): ActionError {
  const errors = errorsOf(report.problems)
  const next = [...report.causes, ...places(report), 'Nothing was built or changed.'].join('\n')
  const lines = sentencesOf(errors)
  return new ActionError({
    title: `${count(errors.length, 'problem')} with secrets and variables`,
    message: cutLines(lines, LONGEST_MESSAGE - Math.min(next.length, 1_500)),
    next: next.length > 1_500 ? `${next.slice(0, 1_500)}…` : next,
  })
}

function places({ problems, verdicts, whereToSet }: Report): string[] {
  const wrong = new Set(errorsOf(problems).flatMap(({ names }) => names))
  const stores = new Set(verdicts.filter(({ rule }) => wrong.has(rule.name)).map(({ rule }) => rule.store))
  return [...stores].map(store => `Set ${store === 'secret' ? 'secrets' : 'variables'} at ${whereToSet[store]}`)
}

/** What is wrong with the inputs and the rules: told before any value is checked. */
export function mistakesError(wrong: ActionError | undefined, mistakes: readonly Mistake[]): ActionError | undefined {
  if (mistakes.length === 0) return wrong
  const rules = new ActionError({
    title: `${count(mistakes.length, 'mistake')} in the rules`,
    message: mistakes.map(({ at, text }) => `- ${formatPosition(at)}: ${text}`).join('\n'),
  })
  const next = `Correct ${wrong ? 'the `with:` of the step, and the rules' : 'the rules'}. No value was checked.`
  return new ActionError(joinedFailure([wrong, rules], next))
}
