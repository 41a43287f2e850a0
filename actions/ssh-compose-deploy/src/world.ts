import type { Readable } from 'node:stream'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Host } from '@deploy-actions/core/host/host'
import type { Lock } from '@deploy-actions/core/host/lock'
import type { ManifestEntry } from '@deploy-actions/core/host/manifest'
import type { Layout } from '@deploy-actions/core/release/layout'
import type { Log } from '@deploy-actions/core/runner/log'
import type { Timeline } from '@deploy-actions/core/runner/timeline'
import type { HealthUrl, Inputs } from './inputs.ts'

/** What the story reaches the world through. main makes the real one. */
export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly timeline: Timeline
  readonly signal: AbortSignal
  /** Who runs this, for the lock, the journal and the record. */
  readonly by: string
  /** A word that no file on a server holds. */
  readonly mark: string
  connect(): Promise<Host>
  /** The workspace's files. */
  readonly workspace: {
    readonly collect: (root: string, paths: readonly string[]) => Promise<ManifestEntry[]>
    readonly pack: (root: string, entries: readonly ManifestEntry[]) => Readable
    readonly exists: (root: string, path: string) => Promise<boolean>
    readonly readText: (root: string, path: string) => Promise<string>
  }
  /** Asks the URL once; undefined when it answered well, else what was wrong. */
  probe(health: HealthUrl, host: Host): Promise<string | undefined>
  acquireLock(host: Host, layout: Layout, inputs: Inputs): Promise<Lock>
}
