import {
  ANNOTATIONS_OF_A_STEP,
  type Annotation,
  cutLines,
  LONGEST_MESSAGE,
} from '@deploy-actions/core/runner/annotation'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { Mistake } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'

/** The checks cannot be read. Nothing was asked. */
export class ChecksMistaken extends ActionError {
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super({
      title: `${count(mistakes.length, 'mistake')} in the checks`,
      message: cutLines(
        mistakes.map(({ at, text }) => `- ${formatPosition(at)}: ${text}`),
        LONGEST_MESSAGE,
      ),
      next: 'Correct the checks. Nothing was asked yet.',
    })
    this.mistakes = mistakes
  }

  /** Beside the lines of a checks file; the failure itself is one more. */
  get annotations(): Annotation[] {
    return this.mistakes
      .flatMap(({ at, text }): Annotation[] =>
        at.isFile
          ? [
              {
                level: 'error',
                title: 'Mistake in the checks',
                text,
                place: { file: at.source, line: at.line, column: at.column },
              },
            ]
          : [],
      )
      .slice(0, ANNOTATIONS_OF_A_STEP - 1)
  }
}
