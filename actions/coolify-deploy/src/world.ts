import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Log } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'

/** What the story reaches the world through. main makes the real one. */
export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly timeline: Timeline
  readonly signal: AbortSignal
  readonly coolify: CoolifyClient
  /** The same, for what is put in order after the run was cancelled: its calls are not ended by the signal. */
  readonly rescue: CoolifyClient
  /** Asks the URL once; undefined when it answered well, else what was wrong. */
  probe(url: URL): Promise<string | undefined>
  /** Keeps a text for the step's post part. */
  remember(text: string): void
  /** A text without the secrets of this run. */
  clean(text: string): string
}
