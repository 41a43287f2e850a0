import { signOf } from '@deploy-actions/core/deploy/result'
import { deploySummary, type TargetFacts } from '@deploy-actions/core/report/deploy-summary'
import { markdownLine } from '@deploy-actions/core/report/markdown'
import type { Phase } from '@deploy-actions/core/runner/timeline'
import { type Outcome, pageUrl, type ResourceResult } from './outcome.ts'
import { shownVersion } from './resource-result.ts'

/** Shown lines of a log; the cause is at its end. */
export const LAST_LINES = 30

/** The job summary. `clean` removes secrets. */
export function summaryOf(
  { results, failure, details = [], headline, result, explanation = '' }: Outcome,
  base: string,
  phases: readonly Phase[],
  clean: (text: string) => string,
): string {
  const summary = deploySummary(
    {
      sign: signOf(result),
      headline,
      kind: 'Resource',
      targets: results.map(end => targetOf(end, base)),
      failure,
      notes: results.flatMap(({ note }) => note ?? []),
      evidence: results.flatMap(({ problem }) =>
        problem ? [{ title: `Last lines of ${problem.linesOf}`, lines: problem.lines.slice(-LAST_LINES) }] : [],
      ),
      details: { title: 'Plan', lines: details, isOpen: true },
      phases,
    },
    clean,
  )
  return explanation === '' ? summary : `${summary}\n${codeSpans(clean(explanation))}\n`
}

/** Keeps names in backticks as code and escapes everything else. */
function codeSpans(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `\`${part}\`` : part.replace(/\S(?:.*\S)?/s, markdownLine)))
    .join('')
}

function targetOf(
  { resource, result, version, previous, failed, deployment, url }: ResourceResult,
  base: string,
): TargetFacts {
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
