import type { OutageRule } from '@deploy-actions/core/coolify/outage'
import type { Log } from '@deploy-actions/core/runner/log'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { Inputs } from './inputs.ts'

/** Milliseconds for which an outage is tolerated: restarting or updating Coolify takes more than a minute. */
const TOLERANCE = 180_000

/** The outage tolerance, the same in every phase of a run. */
export function outageRule(
  { pollInterval, waitTimeout }: Pick<Inputs, 'pollInterval' | 'waitTimeout'>,
  log: Log,
): OutageRule {
  const tolerance = Math.min(TOLERANCE, waitTimeout)
  return {
    interval: pollInterval,
    tolerance,
    onPause: (thrown, pause) =>
      log.info(
        `  ${thrown.message} Waiting up to ${formatDuration(tolerance)} for Coolify; next request in ${formatDuration(pause)}`,
      ),
  }
}
