import { ActionError } from '@deploy-actions/core/values/action-error'

/** A line of a list input, for messages. */
export interface Entry {
  /** From 1; 0 for what stands in no input, as the rules of a policy. */
  readonly line: number
  readonly text: string
}

/** `line 3 (type=semver)`, as it stands in a message after the input's name. */
export function describeEntry(entry: Entry): string {
  return `${placeOf(entry)} (${entry.text.replaceAll('\n', '\\n')})`
}

export function placeOf({ line }: Entry): string {
  return line === 0 ? 'built-in rule' : `line ${line}`
}

/** What went wrong while the tags were made: gathered, so that one message names it all. */
export class Problems {
  readonly #texts: string[] = []

  add(input: string, entry: Entry, text: string): void {
    this.#texts.push(`\`${input}\` ${describeEntry(entry)} ${text}`)
  }

  addText(text: string): void {
    this.#texts.push(text)
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0
  }

  /** Throws one error with all of them, if there are any. */
  finish(title: string): void {
    if (this.isEmpty) return
    throw new ActionError({
      title,
      message: this.#texts.length === 1 ? String(this.#texts[0]) : this.#texts.map(text => `- ${text}`).join('\n'),
      next: 'Correct the lines named above, and run the step again. No output was set.',
    })
  }
}
