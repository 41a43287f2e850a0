/** An attempt that cannot be made, and would not be a moment later either: another one is pointless. Its message reads on after the check's name. */
export class CannotBeMade extends Error {
  override readonly name = 'CannotBeMade'
  /** Lines to read or to copy, which a sentence has no place for. */
  readonly advice: readonly string[]

  constructor(message: string, advice: readonly string[] = []) {
    super(message)
    this.advice = advice
  }
}
