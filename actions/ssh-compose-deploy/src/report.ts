import { type Outcome, signOf } from '@deploy-actions/core/deploy/result'
import { isEmpty, nameOf, type Release } from '@deploy-actions/core/release/record'
import { deploySummary } from '@deploy-actions/core/report/deploy-summary'
import type { Clean } from '@deploy-actions/core/report/shown-text'
import type { Phase } from '@deploy-actions/core/runner/timeline'

export interface Run {
  /** `deploy@shop.example.org`, as the log names it. */
  readonly server: string
  readonly phases: readonly Phase[]
  /** A dry run and a status are read for their lines. */
  readonly isPlan: boolean
}

/** The job summary: what happened in one line, what runs, why it failed, and how long each phase took. */
export function summaryOf(outcome: Outcome, { server, phases, isPlan }: Run, clean: Clean): string {
  const { result, headline, release, previous, failedRelease, failure, evidence, details, url } = outcome
  return deploySummary(
    {
      sign: signOf(result),
      headline,
      targets: [
        {
          name: server,
          result: `${signOf(result)} ${result}`,
          runsNow: release && shownName(release),
          ranBefore: previous && shownName(previous),
          failedRelease: failedRelease && nameOf(failedRelease),
        },
      ],
      url,
      failure,
      evidence,
      details: details && { title: isPlan ? 'Plan' : 'Details', lines: details, isOpen: isPlan },
      services: release?.services,
      phases,
    },
    clean,
  )
}

/** The state before a first deploy is a release too: an empty one. */
function shownName(release: Release): string {
  return isEmpty(release) ? 'nothing (first deploy)' : nameOf(release)
}
