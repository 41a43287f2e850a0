import { cut } from '@deploy-actions/core/report/cut'
import {
  ANNOTATIONS_OF_A_STEP,
  type Annotation,
  cutLines,
  LONGEST_MESSAGE,
} from '@deploy-actions/core/runner/annotation'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { CheckResult } from '../result.ts'
import { effortOf, isUnsteady, lastFailure } from './attempts.ts'
import { endingOf, tallyOf } from './tally.ts'

/** The last one of a level is for what has no place of its own: the failure itself, or what is left. */
const SINGLE = ANNOTATIONS_OF_A_STEP - 1

/** Beside the lines of a checks file, as far as the runner shows them; everything together is in the failure's own. */
export function annotationsOf(checks: readonly CheckResult[]): Annotation[] {
  const failed = checks.filter(check => endingOf(check) === 'failed' && check.at.isFile)
  const warned = checks.filter(check => endingOf(check) === 'warned')
  const unsteady = checks.filter(isUnsteady)
  return [
    ...failed.slice(0, SINGLE).map(check => single('error', check, sentenceOf(check))),
    ...upToTen('warning', warned, sentenceOf),
    ...upToTen('notice', unsteady, unsteadySentence),
  ]
}

/** What the step fails with; undefined when it does not. */
export function failureOf(checks: readonly CheckResult[]): ActionError | undefined {
  const failed = checks.filter(check => endingOf(check) === 'failed')
  if (failed.length === 0) return undefined
  const { total, skipped } = tallyOf(checks)
  const next = [
    'Read the attempts and responses in the job summary, then fix the release or roll back. The new release is not verified.',
    ...(skipped > 0 ? [`${count(skipped, 'check')} did not run.`] : []),
  ].join(' ')
  return new ActionError({
    title:
      total === 1
        ? `Smoke test failed: ${cut(failed[0]?.name ?? '', 100)}`
        : `${failed.length} of ${count(total, 'check')} failed`,
    message: cutLines(failed.map(listed), LONGEST_MESSAGE - next.length),
    next,
  })
}

function upToTen(
  level: Annotation['level'],
  checks: readonly CheckResult[],
  sentence: (check: CheckResult) => string,
): Annotation[] {
  if (checks.length <= ANNOTATIONS_OF_A_STEP) return checks.map(check => single(level, check, sentence(check)))
  const rest = checks.slice(SINGLE)
  const text = cutLines(
    rest.map(check => `- ${check.name}: ${sentence(check)}`),
    LONGEST_MESSAGE,
  )
  return [
    ...checks.slice(0, SINGLE).map(check => single(level, check, sentence(check))),
    { level, title: `And ${rest.length} more`, text },
  ]
}

function single(level: Annotation['level'], { name, at }: CheckResult, text: string): Annotation {
  const place = at.isFile ? { place: { file: at.source, line: at.line, column: at.column } } : {}
  return { level, title: name, text: cut(text, LONGEST_MESSAGE), ...place }
}

function sentenceOf(check: CheckResult): string {
  return `${check.reason ?? 'failed'} (${check.target}, ${effortOf(check)})`
}

function unsteadySentence(check: CheckResult): string {
  const [reason = 'it failed'] = lastFailure(check.attempts)?.reasons ?? []
  return `passed, but not steadily: after a good attempt ${reason} (${check.target}, ${effortOf(check)})`
}

/** One check must not take all the room. */
const LONGEST_LINE = 600

function listed(check: CheckResult): string {
  return cut(`- ${check.name}: ${sentenceOf(check)}`.replace(/\s+/g, ' '), LONGEST_LINE)
}
