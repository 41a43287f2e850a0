import { cut } from '@deploy-actions/core/report/cut'
import { gantt, MOST_BARS } from '@deploy-actions/core/report/gantt'
import { codeBlock, markdownText } from '@deploy-actions/core/report/markdown'
import { markdownTable } from '@deploy-actions/core/report/table'
import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { CheckResult, RunResult } from '../result.ts'
import { isUnsteady, lastFailure } from './attempts.ts'
import { detailLines, headlineOf } from './log-lines.ts'
import { type Ending, endingOf, tallyOf, worstFirst } from './tally.ts'

/**
 * The runner drops a summary above 1 MiB as a whole (FileCommandManager.cs, AttachmentSizeLimit), and a job has one for all of
 * its steps. In bytes; the table's rows and the details may have so many each.
 */
const ROOM = 100_000

const SIGNS: Readonly<Record<Ending, string>> = {
  failed: '❌ failed',
  warned: '⚠️ failed',
  skipped: '➖ skipped',
  passed: '✅ passed',
}

/** The job's summary: the verdict, a row for each check with the worst first, then what explains the failures. */
export function summaryOf(run: RunResult): string {
  const checks = worstFirst(run.checks)
  const sign = tallyOf(run.checks).failed > 0 ? '❌' : '✅'
  const parts = [`### ${sign} Smoke test: ${headlineOf(run)}`, table(checks), details(checks), timeline(run)]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/**
 * A page has room for about 110 letters beside its menu, and a URL does not wrap: so many letters of name and target leave half of
 * it to the reason. The details have them whole.
 */
const CHECK_WIDTH = 48

function table(checks: readonly CheckResult[]): string {
  const rows = checks.map(rowOf)
  const shown = fitting(rows, row => row.join(' | ').length)
  const left = rows.length - shown.length
  return [
    markdownTable(['Result', 'Check', 'Reason', 'Attempts', 'Time'], shown),
    ...(left === 0
      ? []
      : [`and ${count(left, 'check')} more, for which there is no room here: the log has all of them`]),
  ].join('\n\n')
}

function rowOf(check: CheckResult): string[] {
  return [
    `${SIGNS[endingOf(check)]}${isUnsteady(check) ? ', not steadily' : ''}`,
    nameCell(check),
    reasonOf(check),
    String(check.attempts.length),
    formatDuration(check.durationMs),
  ]
}

/** Without a name of its own a check is called by its target, which need not be shown twice. */
function nameCell({ name, group, target }: CheckResult): string {
  const shown = `**${markdownText(cutMiddle(group === undefined ? name : `${group}: ${name}`, CHECK_WIDTH))}**`
  if (name === target.replace(/^GET /, '')) return shown
  return `${shown}\n${markdownText(cutMiddle(target, CHECK_WIDTH))}`
}

/** URLs of one server differ at their ends. */
function cutMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text
  const half = longest / 2
  return `${text.slice(0, half - 1).replace(/[\uD800-\uDBFF]$/, '')}…${text.slice(-half).replace(/^[\uDC00-\uDFFF]/, '')}`
}

/** Of a check that went well in the end: what was in the way before. */
function reasonOf({ outcome, reason, attempts }: CheckResult): string {
  if (outcome !== 'passed') return markdownText(cut(reason ?? '', 400))
  const [before] = lastFailure(attempts)?.reasons ?? []
  return before === undefined ? '' : `before: ${markdownText(cut(before, 200))}`
}

/** What each failed check saw: the first one to read, the others folded. */
function details(checks: readonly CheckResult[]): string {
  const failed = checks.filter(({ outcome }) => outcome === 'failed')
  const blocks = failed.map((check, index) => {
    const lines = detailLines(check).map(line => cut(line, 1_000))
    return `<details${index === 0 ? ' open' : ''}><summary>${markdownText(cut(check.name, 120))}</summary>\n\n${codeBlock(lines)}\n\n</details>`
  })
  return fitting(blocks, block => block.length).join('\n\n')
}

/** When each check was done; not for a run so short that it tells nothing. */
function timeline({ checks, durationMs }: RunResult): string {
  const bars = checks
    .filter(({ outcome }) => outcome !== 'skipped')
    .map(check => ({
      name: cut(check.name, 60),
      start: check.startedMs,
      end: check.startedMs + check.durationMs,
      ok: check.outcome === 'passed',
    }))
  if (bars.length < 2 || durationMs < 2_000) return ''
  return gantt('When each check was done', bars.slice(0, MOST_BARS))
}

/** The first ones, as far as there is room; a letter has at most three bytes a unit. */
function fitting<T>(items: readonly T[], lengthOf: (item: T) => number): T[] {
  let length = 0
  return items.filter(item => {
    length += 3 * lengthOf(item)
    return length <= ROOM
  })
}
