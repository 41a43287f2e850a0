import { StringDecoder } from 'node:string_decoder'

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
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
  }
}
