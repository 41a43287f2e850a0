export interface Output {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Gives what differs from engine to engine names that count from the first occurrence. Hashes of configurations stay. */
export class Normaliser {
  readonly #names = new Map<string, string>()
  readonly #hasOtherWords: boolean

  /** With other words: of a Compose whose progress, warnings and own errors the stub does not imitate. */
  constructor(hasOtherWords = false) {
    this.#hasOtherWords = hasOtherWords
  }

  /** Progress is sorted, as Compose works in parallel. */
  output({ status, stdout, stderr }: Output) {
    const errors = [...new Set(this.#lines(stderr))].sort()
    const isImitated = (line: string) => !this.#hasOtherWords || (/^Error/.test(line) && !/network missing/.test(line))
    return { status, stdout: this.#lines(stdout), stderr: errors.filter(isImitated) }
  }

  #lines(text: string): string[] {
    return this.#named(this.#plain(text))
      .split('\n')
      .map(line => line.replace(/\s+/g, ' ').trim())
      .filter(line => line !== '')
  }

  #plain(text: string): string {
    const plain = text
      // The progress of a pull, layer by layer.
      .replace(/^ ?[0-9a-f]{12}:? [A-Z].*\n/gm, '')
      // Of several users of an image the engine names any.
      .replace(/(running container|- container) [0-9a-f]{12}/g, '$1 <user>')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replace(/(?<=orphan containers [([]+)[^)\]]+/g, names => names.split(/[, ]+/).sort().join(', '))
      // One probe or several, as time has passed.
      .replace(/(\{"Start":"<time>"[^}]*\})(,\1)+/g, '$1')
    return this.#hasOtherWords ? plain.replace(/(compose\.replace":")[^"]*/g, '$1') : plain
  }

  #named(text: string): string {
    return text
      .replace(/(?<!config-hash":"|hash=|^[\w-]+ )[0-9a-f]{64}/gm, id => this.#name(id))
      .replace(/(?<![\w<])[0-9a-f]{12}(?![0-9a-f])/g, short => this.#name(short))
  }

  #name(id: string): string {
    const short = id.slice(0, 12)
    const name = this.#names.get(short) ?? `<id ${this.#names.size + 1}>`
    this.#names.set(short, name)
    return id === short ? name.replace('>', ' short>') : name
  }
}
