import { nearestName } from '../values/nearest.ts'
import type { Position } from './position.ts'

/** Something wrong in a document, at its place. */
export interface Mistake {
  readonly at: Position
  readonly text: string
}

/** A list of more names helps nobody. */
const LONGEST_LIST = 60

/** Gathers what is wrong in a document, so that all of it is told at once. */
export class Mistakes {
  readonly list: Mistake[] = []
  /** What works, and has another name here. */
  readonly notices: Mistake[] = []

  add(at: Position, text: string): void {
    this.list.push({ at, text })
  }

  alias(at: Position, written: string, name: string): void {
    this.notices.push({ at, text: `\`${written}\` is called \`${name}\` here; it works all the same` })
  }

  /**
   * A word that is none of the known ones. It is quoted only when it is near to one of them: what stands in the wrong place may
   * be a pasted secret.
   */
  unknown(
    at: Position,
    what: string,
    word: string,
    known: readonly string[],
    foreign: string | undefined = undefined,
  ): void {
    const near = foreign ?? nearestName(word, known)
    if (near !== undefined) this.add(at, `the ${what} \`${word}\` is not known; did you mean \`${near}\`?`)
    else
      this.add(
        at,
        known.length > LONGEST_LIST
          ? `this ${what} is not known`
          : `this ${what} is not known; the known ones are ${known.join(', ')}`,
      )
  }
}
