/** Tells what is being done and how long each step took. */
export interface Progress {
  note(line: string): void
  /** Runs a step and tells its time. Says nothing of a step that was over at once. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** A step below this is no news: a lab that is up already should answer in a few lines. */
const WORTH_TELLING_MS = 400

export function progressTo(write: (line: string) => void): Progress {
  const start = performance.now()
  const note = (line: string) => write(`[${seconds(performance.now() - start).padStart(6)}] ${line}`)
  return {
    note,
    async step(name, work) {
      const begun = performance.now()
      const late = setTimeout(() => note(`${name} …`), WORTH_TELLING_MS)
      try {
        const result = await work()
        const took = performance.now() - begun
        if (took >= WORTH_TELLING_MS) note(`${name}: done in ${seconds(took)}`)
        return result
      } catch (error) {
        note(`${name}: failed after ${seconds(performance.now() - begun)}`)
        throw error
      } finally {
        clearTimeout(late)
      }
    },
  }
}

export const toStderr = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
