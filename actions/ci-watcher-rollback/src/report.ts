import { signOf } from '@deploy-actions/core/deploy/result'
import type { Item } from '@deploy-actions/core/github/judge/items'
import { nameOf } from '@deploy-actions/core/release/record'
import { type DeployFacts, deploySummary, type TargetFacts } from '@deploy-actions/core/report/deploy-summary'
import { markdownLink } from '@deploy-actions/core/report/markdown'
import { type Clean, shownText } from '@deploy-actions/core/report/shown-text'
import { markdownTable } from '@deploy-actions/core/report/table'
import { failedJobs } from './failed-jobs.ts'
import type { WatchOutcome } from './run.ts'

/** Rows of the table; the log names all of them. */
const MOST_ROWS = 100
const LONGEST = 200

const SIGNS = { pending: '🟡', passed: '✅', failed: '❌', allowed: '⚠️' } as const satisfies Record<
  Item['state'],
  string
>

/** The job's summary. `server` is the name of the server of a rollback. */
export function summaryOf(
  outcome: WatchOutcome,
  { server, commit }: { readonly server: string; readonly commit: DeployFacts['commit'] },
  clean: Clean,
): string {
  const { result, headline, notes, failure, rollback, verdict } = outcome
  const tolerated = verdict?.tolerated.map(({ name }) => name) ?? []
  const facts: DeployFacts = {
    sign: signOf(result),
    headline,
    commit,
    targets: rollback === undefined ? [] : [targetOf(outcome, server)],
    failure,
    notes: [
      ...notes,
      ...(tolerated.length === 0 ? [] : [`Failed, and allowed to by continue-on-error: ${tolerated.join(', ')}`]),
    ],
    evidence: rollback?.evidence,
  }
  const table = checksTable(verdict?.items ?? [], clean)
  return `${deploySummary(facts, clean)}${table === '' ? '' : `\n${table}\n`}`
}

function targetOf({ rollback, result }: WatchOutcome, name: string): TargetFacts {
  return {
    name,
    result: `${signOf(result)} ${result}`,
    runsNow: rollback?.runsNow ?? (rollback?.release && nameOf(rollback.release)),
    isUnchanged: result === 'superseded',
    ranBefore: rollback?.previous && nameOf(rollback.previous),
  }
}

function checksTable(items: readonly Item[], clean: Clean): string {
  if (items.length === 0) return ''
  const text = (value: string) => shownText(value, LONGEST, clean)
  const failed = failedJobs(items)
  const rows = [
    ...failed.map(({ workflow, name, conclusion, url, step }) => [
      markdownLink(text(workflow === '' || workflow === name ? name : `${workflow} / ${name}`), clean(url)),
      `${SIGNS.failed} ${text(conclusion)}`,
      text(step) || '-',
    ]),
    ...items
      .filter(({ state }) => state !== 'failed')
      .map(({ name, url, state, word }) => [
        markdownLink(text(name), clean(url)),
        `${SIGNS[state]} ${text(word)}`,
        '-',
      ]),
  ]
  const left = rows.length - MOST_ROWS
  const more = left > 0 ? `\n\n… and ${left} more` : ''
  return `${markdownTable(['Check', 'Result', 'First failing step'], rows.slice(0, MOST_ROWS))}${more}`
}
