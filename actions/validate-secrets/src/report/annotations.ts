import {
  ANNOTATIONS_OF_A_STEP,
  type Annotation,
  cutLines,
  LONGEST_MESSAGE,
} from '@deploy-actions/core/runner/annotation'
import type { Mistake } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Problem } from '../problem.ts'
import { errorsOf, sentenceOf, sentencesOf } from './order.ts'
import { isValid, type Report } from './report.ts'

/** The failure itself is an annotation too. */
const BESIDE_THE_FAILURE = ANNOTATIONS_OF_A_STEP - 1

/** Beside the lines of a rule file, as far as the runner shows them; everything together is in the failure's own. */
export function annotationsOf(report: Report, mayFail: boolean): Annotation[] {
  const errors = errorsOf(report.problems)
  const level = mayFail ? 'error' : 'warning'
  const placed = errors.flatMap(problem => {
    const place = placeOf(problem.at)
    return place ? [{ level, title: titleOf(problem), text: sentenceOf(problem), place } as const] : []
  })
  const rest = report.problems.filter(problem => problem.severity === 'warning')
  const told = mayFail || isValid(report) ? rest : [...errors, ...rest]
  const together: Annotation[] =
    told.length === 0
      ? []
      : [
          {
            level: 'warning',
            title: 'Secrets and variables',
            text: cutLines(sentencesOf(told), LONGEST_MESSAGE),
          },
        ]
  return [...placed.slice(0, BESIDE_THE_FAILURE), ...together]
}

export function mistakeAnnotations(mistakes: readonly Mistake[]): Annotation[] {
  const placed = mistakes.flatMap(({ at, text }) => {
    const place = placeOf(at)
    return place ? [{ level: 'error', title: 'Mistake in the rules', text, place } as const] : []
  })
  return placed.slice(0, BESIDE_THE_FAILURE)
}

function titleOf({ names, code }: Problem): string {
  return `${names.join(', ')}: ${code}`
}

function placeOf(at: Position | undefined) {
  return at?.isFile ? { file: at.source, line: at.line, column: at.column } : undefined
}
