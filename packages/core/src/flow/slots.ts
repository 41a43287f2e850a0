/** A number of places that are handed out in the order of asking, and that can shrink. */
export class Slots {
  #limit: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** Resolves with what gives the place back; calling that twice is harmless. */
  async take(): Promise<() => void> {
    const free = this.takeFree()
    if (free !== undefined) return free
    await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.#giveBack()
  }

  /** The same without waiting; undefined when no place is free. */
  takeFree(): (() => void) | undefined {
    if (this.#taken >= this.#limit || this.#waiting.length > 0) return undefined
    this.#taken += 1
    return this.#giveBack()
  }

  /** There are only so many places, as it turned out. */
  shrink(limit: number): void {
    this.#limit = Math.max(1, Math.min(limit, this.#limit))
  }

  #giveBack(): () => void {
    let given = false
    return () => {
      if (given) return
      given = true
      this.#taken -= 1
      this.#next()
    }
  }

  #next(): void {
    if (this.#taken >= this.#limit) return
    const next = this.#waiting.shift()
    if (!next) return
    this.#taken += 1
    next()
  }
}
