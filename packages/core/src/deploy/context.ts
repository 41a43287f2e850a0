import type { Readable } from 'node:stream'
import type { EnvEntries } from '../compose/dotenv.ts'
import type { Clock } from '../flow/clock.ts'
import type { Host } from '../host/host.ts'
import type { ManifestEntry } from '../host/manifest.ts'
import type { TarDocument } from '../host/tar.ts'
import type { Log } from '../runner/log.ts'
import type { HealthUrl } from './options.ts'

/** The files of the workspace. */
export interface Workspace {
  readonly collect: (root: string, paths: readonly string[]) => Promise<ManifestEntry[]>
  /** One tar stream: the documents, then the entries below `prefix`. */
  readonly pack: (
    root: string,
    entries: readonly ManifestEntry[],
    options: { readonly documents: readonly TarDocument[]; readonly prefix: string },
  ) => Readable
  readonly exists: (root: string, path: string) => Promise<boolean>
  readonly readText: (root: string, path: string) => Promise<string>
}

/** Everything that the engine reaches the world through. */
export interface Context {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Who runs this, for the lock, the journal and the record. */
  readonly by: string
  /** What is run, for people who wait for the lock: `deploy`. */
  readonly purpose: string
  /** A random word: no file on a server holds it. */
  readonly mark: string
  /** A random word by which this run recognises its own lock and its own switch. */
  readonly owner: string
  readonly workspace: Workspace
  /** Reports a part of the run with its duration; `isGood` judges a result that is not an exception. */
  phase<T>(name: string, work: () => Promise<T>, isGood?: (result: T) => boolean): Promise<T>
  connect(): Promise<Host>
  /** Has the secret ones of these values hidden in all later output; absent where nobody sees any. */
  readonly hide?: (entries: EnvEntries) => void
  /** Sends one request; undefined when it was answered as it must be, otherwise the reason. */
  probe(health: HealthUrl, host: Host): Promise<string | undefined>
}
