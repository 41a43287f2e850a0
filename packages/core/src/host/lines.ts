import { StringDecoder } from 'node:string_decoder'

/** Characters of one line that are kept: what is longer is no line, and must not fill the memory. */
const LONGEST = 1_048_576

/** Cuts bytes that come in pieces of any length into lines; a character that is split between two pieces stays whole. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(bytes: Buffer): void {
    this.#cut(this.#decoder.write(bytes))
  }

  /** The last line may lack its newline. */
  end(): void {
    this.#cut(this.#decoder.end())
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }

  #cut(text: string): void {
    const [first = '', ...others] = text.split('\n')
    // Only what is new is looked through: a line of megabytes comes in hundreds of pieces.
    this.#rest += first.slice(0, LONGEST - this.#rest.length)
    for (const next of others) {
      const line = this.#rest
      this.#rest = next.slice(0, LONGEST)
      this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    }
  }
}
