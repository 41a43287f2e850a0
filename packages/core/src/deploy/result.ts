import type { Release } from '../release/record.ts'
import type { Evidence } from '../report/evidence.ts'
import type { ActionError, ExitStatus } from '../values/action-error.ts'

export type { Evidence }

interface ResultFacts {
  /** For a summary and a chat. */
  readonly sign: string
  /** Of several servers or resources the highest counts. */
  readonly severity: number
}

/** The words in which the deploy actions report their end. Each action's `action.yml` lists those that it uses. */
export const results = {
  /** Nothing was to be deployed. */
  skipped: { sign: '⏭️', severity: 0 },
  /** A dry run: nothing was changed. */
  planned: { sign: '📝', severity: 0.2 },
  /** An earlier deploy is now final. */
  confirmed: { sign: '🔒', severity: 0.5 },
  unchanged: { sign: '☑️', severity: 1 },
  deployed: { sign: '✅', severity: 2 },
  /** Started, and not verified yet. */
  pending: { sign: '🟡', severity: 3 },
  /** Another run has set another version meanwhile. */
  superseded: { sign: '⏩', severity: 4 },
  'rolled-back': { sign: '↩️', severity: 5 },
  failed: { sign: '❌', severity: 6 },
  stopped: { sign: '⏹️', severity: 7 },
  'rollback-failed': { sign: '🆘', severity: 8 },
} as const satisfies Readonly<Record<string, ResultFacts>>

export type Result = keyof typeof results

/** The words in which the other actions report their end. `failed` and `skipped` they share with the deploy actions. */
export const helperResults = ['tagged', 'empty', 'valid', 'invalid', 'passed', 'sent', 'edited'] as const

export function signOf(result: Result): string {
  return results[result].sign
}

/** The worst of several results; undefined for none. */
export function worstOf<T extends Result>(all: readonly T[]): T | undefined {
  return all.toSorted((a, b) => results[b].severity - results[a].severity)[0]
}

/** How a run ended. */
export interface Outcome {
  readonly result: Result
  /** The release that runs now. */
  readonly release: Release | undefined
  /** The release that ran before this run. */
  readonly previous: Release | undefined
  /** The release that was activated by this run, and was unhealthy or could not be verified. */
  readonly failedRelease?: Release
  /** Its services that are unhealthy, or did not start. */
  readonly failedServices?: readonly string[]
  /** What runs now, for people, where `release` does not show it. */
  readonly runsNow?: string
  /** The whole in one line. */
  readonly headline: string
  /** Set when the step must fail. Its exit status is the run's. */
  readonly failure?: ActionError
  /** The last log lines of the unhealthy services. */
  readonly evidence?: readonly Evidence[]
  /** The URL that was checked with success. */
  readonly url?: string
  /** Lines of a plan or a status, for the log and the summary. */
  readonly details?: readonly string[]
}

/** 0: as asked. 1: failed, and the server verifiably runs the earlier release or was not touched. 2: manual intervention required. */
export function exitStatusOf({ failure }: Pick<Outcome, 'failure'>): 0 | ExitStatus {
  return failure?.exitStatus ?? 0
}
