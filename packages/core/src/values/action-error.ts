/** 1: failed, and what ran before still runs. 2: failed, and a person must look. */
export type ExitStatus = 1 | 2

export interface ActionErrorParts {
  /** A few words: what failed. */
  readonly title: string
  /** What went wrong, in full. Never holds a secret. */
  readonly message: string
  /** What the reader can do about it. */
  readonly next?: string
  readonly exitStatus?: ExitStatus
  readonly cause?: unknown
}

/** A failure that is told to the user as it is: title, cause and next step. Anything else that is thrown is a bug of ours. */
export class ActionError extends Error {
  override readonly name = 'ActionError'
  readonly title: string
  readonly next: string | undefined
  readonly exitStatus: ExitStatus

  constructor(parts: ActionErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.title = parts.title
    this.next = parts.next
    this.exitStatus = parts.exitStatus ?? 1
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
