import { signOf } from '@deploy-actions/core/deploy/result'
import { deploySummary, type TargetFacts } from '@deploy-actions/core/report/deploy-summary'
import type { Phase } from '@deploy-actions/core/runner/timeline'
import { shownVersion } from './ending.ts'
import { type End, type Outcome, pageUrl } from './outcome.ts'

/** Lines of a log that a person reads; its end says why. */
export const LAST_LINES = 30

/** The job summary. `clean` removes secrets. */
export function summaryOf(
  { ends, failure, details = [], headline, result }: Outcome,
  base: string,
  phases: readonly Phase[],
  clean: (text: string) => string,
): string {
  return deploySummary(
    {
      sign: signOf(result),
      headline,
      kind: 'Resource',
      targets: ends.map(end => targetOf(end, base)),
      failure,
      notes: ends.flatMap(({ note }) => note ?? []),
      evidence: ends.flatMap(({ trouble }) =>
        trouble ? [{ title: `Last lines of ${trouble.linesOf}`, lines: trouble.lines.slice(-LAST_LINES) }] : [],
      ),
      details: { title: 'Plan', lines: details, isOpen: true },
      phases,
    },
    clean,
  )
}

function targetOf({ resource, result, version, previous, failed, deployment, url }: End, base: string): TargetFacts {
  const shown = (text: string | undefined) => (text === undefined ? undefined : shownVersion(text))
  return {
    name: resource.name,
    url,
    result: `${signOf(result)} ${result}`,
    runsNow: shown(version),
    isUnchanged: result === 'failed' && version !== undefined && version === previous,
    ranBefore: shown(previous),
    failedRelease: shown(failed),
    deployment: deployment && { text: deployment.status, url: pageUrl(deployment, base) },
  }
}
