import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Log } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'

/** `reason` describes a failed request or a response other than 2xx. */
export type Probed = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** The effects that a run needs. */
export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly timeline: Timeline
  readonly signal: AbortSignal
  readonly coolify: CoolifyClient
  /** The same for requests that change something: cancelling the run does not interrupt them, because their effect would be unknown then. */
  readonly uninterrupted: CoolifyClient
  /** Requests the URL once. */
  probe(url: URL): Promise<Probed>
  /** Saves the undo log for the post step. */
  saveUndoLog(text: string): void
  /** Removes the secrets of this run from a text. */
  clean(text: string): string
}
