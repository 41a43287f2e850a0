import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { isRecord } from '@deploy-actions/core/values/record'
import type { Change, Plan } from './plan.ts'

/** Name of the post step's state that holds the undo log. */
export const UNDO_LOG = 'undo-log'

/** With `confirm: job`: how the post step rolls a resource back. */
export interface PendingDeploy {
  readonly plan: Omit<Plan, 'known'>
  /** Set once the deployed version was healthy. */
  readonly verified?: { readonly deployment: Omit<Deployment, 'logs'> | undefined }
}

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
  readonly pending?: PendingDeploy | undefined
}

export interface SavedUndoLog {
  readonly entries: readonly UndoEntry[]
  /** The main step came to its end by itself. */
  readonly isComplete: boolean
}

/** Records at every moment what would have to be undone if the run ended now. The post step reads it. */
export class UndoLog {
  readonly #entries = new Map<string, UndoEntry>()
  readonly #save: (text: string) => void
  #isComplete = false

  constructor(save: (text: string) => void) {
    this.#save = save
  }

  /** Replaces the entry of a resource. A pending deploy stays part of it. */
  record(entry: UndoEntry): void {
    const pending = entry.pending ?? this.#entries.get(entry.uuid)?.pending
    this.#entries.set(entry.uuid, { ...entry, ...(pending ? { pending } : {}) })
    this.#write()
  }

  remove(uuid: string): void {
    if (this.#entries.delete(uuid)) this.#write()
  }

  /** Marks the end of the main step. */
  complete(): void {
    this.#isComplete = true
    if (this.#entries.size > 0) this.#write()
  }

  get entries(): readonly UndoEntry[] {
    return [...this.#entries.values()]
  }

  #write(): void {
    const saved: SavedUndoLog = { entries: this.entries, isComplete: this.#isComplete }
    this.#save(JSON.stringify(saved))
  }
}

/** Reads what an undo log saved; no entries from a text that is not one. */
export function parseUndoLog(text: string): SavedUndoLog {
  try {
    const saved: unknown = JSON.parse(text)
    if (!isRecord(saved) || !Array.isArray(saved['entries'])) return NOTHING
    return { entries: saved['entries'], isComplete: saved['isComplete'] === true }
  } catch {
    return NOTHING
  }
}

const NOTHING: SavedUndoLog = { entries: [], isComplete: false }
