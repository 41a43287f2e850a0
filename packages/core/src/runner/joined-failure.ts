import type { ActionError, ActionErrorParts } from '../values/action-error.ts'
import { cutLines, LONGEST_MESSAGE } from './annotation.ts'

/** What is wrong in several places, such as inputs and a file that they name, as one failure: a list item for each problem. */
export function joinedFailure(failures: readonly (ActionError | undefined)[], next: string): ActionErrorParts {
  const given = failures.filter(failure => failure !== undefined)
  const lines = given.flatMap(({ message }) => message.replace(/^(?!- )/, '- ').split('\n'))
  return { title: given.map(({ title }) => title).join('; '), message: cutLines(lines, LONGEST_MESSAGE), next }
}
