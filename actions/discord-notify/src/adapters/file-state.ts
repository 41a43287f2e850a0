import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseState, type StateStore } from '../state.ts'

/** A state in a file, written whole or not at all. */
export function fileState(file: string): StateStore {
  return {
    load: async () => parseState(await readFile(file, 'utf8').catch(() => '')),
    save: async state => {
      await mkdir(path.dirname(file), { recursive: true })
      const draft = `${file}.${process.pid}`
      await writeFile(draft, JSON.stringify(state))
      await rename(draft, file)
    },
  }
}
