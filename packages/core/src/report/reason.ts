import type { ActionErrorParts } from '../values/action-error.ts'
import { cut } from './cut.ts'

/** UTF-16 units of a reason: a chat and a table have room for them. */
const LONGEST_REASON = 300

/** Why a step failed, in one line for a person; '' when it did not. */
export function reasonOf(failure: Pick<ActionErrorParts, 'title' | 'message'> | undefined): string {
  return failure === undefined ? '' : reasonLine(`${failure.title}: ${failure.message}`)
}

/** A text of several lines as one line that is short enough for an output. */
export function reasonLine(text: string): string {
  return cut(text.replace(/\s+/g, ' ').trim(), LONGEST_REASON)
}
