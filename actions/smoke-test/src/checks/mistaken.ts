import { ANNOTATIONS_OF_A_STEP, type Annotation } from '@deploy-actions/core/runner/annotation'
import { joinedFailure } from '@deploy-actions/core/runner/joined-failure'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { Mistake } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'

/** The checks cannot be read, and maybe an input is wrong too. Nothing was requested. */
export class ChecksMistaken extends ActionError {
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[], wrong: ActionError | undefined) {
    const own = new ActionError({
      title: `${count(mistakes.length, 'mistake')} in the checks`,
      message: mistakes.map(({ at, text }) => `- ${formatPosition(at)}: ${text}`).join('\n'),
    })
    const next = `Correct ${wrong ? 'the `with:` of the step, and the checks' : 'the checks'}. Nothing was requested.`
    super(joinedFailure([wrong, own], next))
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
