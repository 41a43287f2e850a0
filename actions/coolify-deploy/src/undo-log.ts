import type { Change } from './plan.ts'

/** What a run has started for a resource and not finished. */
export interface UndoEntry {
  readonly uuid: string
  readonly name: string
  /** Queued or running in Coolify. */
  readonly deployment?: string | undefined
  /** Set in Coolify, and to be restored when it is not deployed. */
  readonly change?: Change | undefined
  /** Deployments from before this run, as long as its own deployment is unknown. */
  readonly known?: readonly string[]
}

/** Records at every moment what would have to be undone if the run ended now. The post step reads it. */
export class UndoLog {
  readonly #entries = new Map<string, UndoEntry>()
  readonly #save: (text: string) => void

  constructor(save: (text: string) => void) {
    this.#save = save
  }

  record(entry: UndoEntry): void {
    this.#entries.set(entry.uuid, entry)
    this.#write()
  }

  remove(uuid: string): void {
    if (this.#entries.delete(uuid)) this.#write()
  }

  get entries(): readonly UndoEntry[] {
    return [...this.#entries.values()]
  }

  #write(): void {
    this.#save(JSON.stringify(this.entries))
  }
}

/** Reads what an undo log saved; no entries from a text that is not one. */
export function parseUndoLog(text: string): UndoEntry[] {
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}
