import type { Flaw } from '../problem.ts'
import type { Options } from '../rules/vocabulary.ts'

/** What a check of one value may look at besides it. */
export interface Facts {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Another name's value, '' when it is not set. */
  readonly valueFor: (name: string) => string
}

/**
 * Looks at a value that is not blank. Returns the first thing that is wrong, or several when each is worth telling; nothing
 * when it is right. It may throw: the judge takes that for a wrong format and drops the error unread.
 */
export type FormatCheck = (value: string, options: Options, facts: Facts) => readonly Flaw[] | Promise<readonly Flaw[]>

export const GOOD: readonly Flaw[] = []
