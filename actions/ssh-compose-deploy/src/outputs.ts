import type { Outcome } from '@deploy-actions/core/deploy/result'
import { reasonLine, reasonOf } from '@deploy-actions/core/report/reason'

/** The action's outputs, under the names of action.yml. */
export function outputsOf(outcome: Outcome, hostName: string, durationMs: number): Record<string, string | undefined> {
  const { release, previous, failedRelease, failedServices = [], result } = outcome
  const images = Object.fromEntries(
    (release?.services ?? []).map(service => [service.name, service.digest ?? service.image]),
  )
  return {
    result,
    reason: reasonIn(outcome),
    release: release?.id,
    'previous-release': previous?.id,
    'failed-release': failedRelease?.id,
    'failed-service': failedServices.join(','),
    images: JSON.stringify(images),
    url: outcome.url,
    duration: (durationMs / 1_000).toFixed(1),
    hosts: JSON.stringify([{ host: hostName, result, release: release?.id ?? '' }]),
  }
}

/** The title of a release that failed repeats what other outputs hold: its name, and what was rolled back to. */
function reasonIn({ failure, failedRelease, result }: Outcome): string {
  const isInTitle = failedRelease === undefined || result === 'rollback-failed'
  return failure === undefined || isInTitle ? reasonOf(failure) : reasonLine(failure.message)
}
