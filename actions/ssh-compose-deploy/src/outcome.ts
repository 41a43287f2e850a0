import type { ReleaseRecord } from '@deploy-actions/core/release/record'
import type { ActionError } from '@deploy-actions/core/values/action-error'

export type Result = 'deployed' | 'unchanged' | 'rolled-back' | 'rollback-failed' | 'stopped' | 'failed'

/** How a run ended. */
export interface Outcome {
  readonly result: Result
  /** The release that runs now. */
  readonly release: ReleaseRecord | undefined
  /** The release that ran before this run. */
  readonly previous: ReleaseRecord | undefined
  /** What the run says of itself in one line. */
  readonly headline: string
  /** Set when the step must fail. */
  readonly failure?: ActionError
  /** What the sick services last said. */
  readonly evidence?: readonly Evidence[]
  /** The URL that answered. */
  readonly url?: string
  /** Lines of a plan or a status, for the log and the summary. */
  readonly details?: readonly string[]
}

export interface Evidence {
  readonly title: string
  readonly lines: readonly string[]
}

/** The action's outputs, under the names of action.yml. */
export function outputsOf(outcome: Outcome, hostName: string, durationMs: number): Record<string, string | undefined> {
  const { release, previous, result } = outcome
  const images = Object.fromEntries(
    (release?.services ?? []).map(service => [service.name, service.digest ?? service.image]),
  )
  return {
    result,
    release: release?.id,
    'previous-release': previous?.id,
    images: JSON.stringify(images),
    url: outcome.url,
    duration: (durationMs / 1_000).toFixed(1),
    hosts: JSON.stringify([{ host: hostName, result, release: release?.id ?? '' }]),
  }
}
