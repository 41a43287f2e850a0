import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Log } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'

/** `reason` is what was wrong with a response that was not 2xx. */
export type Probed = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** What the story reaches the world through. main makes the real one. */
export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly timeline: Timeline
  readonly signal: AbortSignal
  readonly coolify: CoolifyClient
  /** The same, for what changes something: a run that is cancelled does not cut it off in the midst, as nobody would know then what was done. */
  readonly unbroken: CoolifyClient
  /** Requests the URL once. */
  probe(url: URL): Promise<Probed>
  /** Keeps a text for the step's post part. */
  remember(text: string): void
  /** A text without the secrets of this run. */
  clean(text: string): string
}
