import type { Change } from './plan.ts'

/** What a run has begun with a resource and not brought to its end. */
export interface Open {
  readonly uuid: string
  readonly name: string
  /** In Coolify's queue, or running. */
  readonly deployment?: string | undefined
  /** Set in Coolify, and to be put back when nothing comes of it. */
  readonly change?: Change | undefined
  /** Deployments that were there before, while its own is not known. */
  readonly known?: readonly string[]
}

/** Knows at every moment what would have to be put in order, were the run to end now; so does the step's post part. */
export class Ledger {
  readonly #open = new Map<string, Open>()
  readonly #remember: (text: string) => void

  constructor(remember: (text: string) => void) {
    this.#remember = remember
  }

  note(entry: Open): void {
    this.#open.set(entry.uuid, entry)
    this.#save()
  }

  close(uuid: string): void {
    if (this.#open.delete(uuid)) this.#save()
  }

  get open(): readonly Open[] {
    return [...this.#open.values()]
  }

  #save(): void {
    this.#remember(JSON.stringify(this.open))
  }
}

/** Reads what a ledger remembered; nothing of what is none. */
export function parseLedger(text: string): Open[] {
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}
