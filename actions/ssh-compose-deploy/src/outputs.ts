import type { Outcome } from '@deploy-actions/core/deploy/result'

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
