import { gantt } from '@deploy-actions/core/runner/gantt'
import { codeBlock, markdownText } from '@deploy-actions/core/runner/markdown'
import { markdownTable } from '@deploy-actions/core/runner/summary'
import type { Phase } from '@deploy-actions/core/runner/timeline'
import { type End, type Outcome, pageUrl } from './outcome.ts'

const SIGN = {
  deployed: '✅',
  pending: '⏳',
  skipped: '⏭️',
  superseded: '⏩',
  'rolled-back': '↩️',
  'rollback-failed': '🆘',
  failed: '❌',
} as const

/** Lines of a log that a person reads; its end says why. */
export const LAST_LINES = 30

/** The job summary: what happened in one line, what runs, what went wrong, and how long each phase took. */
export function summaryOf(outcome: Outcome, base: string, phases: readonly Phase[]): string {
  const { ends, failure, details, headline, result } = outcome
  const parts = [`### ${SIGN[result]} ${markdownText(headline)}`]
  if (ends.length > 0) parts.push(table(ends, base))
  if (failure) parts.push(quote(failure.next ? `${failure.message}\n\nNext: ${failure.next}` : failure.message))
  for (const { note } of ends) if (note) parts.push(quote(note))
  if (details && details.length > 0) parts.push(codeBlock(details))
  for (const { trouble } of ends) {
    if (!trouble || trouble.lines.length === 0) continue
    const title = `Last lines of ${markdownText(trouble.linesOf)}`
    parts.push(`<details><summary>${title}</summary>\n\n${codeBlock(trouble.lines.slice(-LAST_LINES))}\n\n</details>`)
  }
  if (phases.length > 0) parts.push(gantt(headline, phases))
  return `${parts.join('\n\n')}\n`
}

function table(ends: readonly End[], base: string): string {
  const rows = ends.map(end => {
    const page = pageUrl(end.deployment, base)
    const status = end.deployment?.status ?? '-'
    return [
      end.url === undefined ? end.resource.name : `[${linkText(end.resource.name)}](${end.url})`,
      end.result,
      end.version ?? '-',
      end.previous ?? '-',
      page === undefined ? status : `[${status}](${page})`,
    ]
  })
  return markdownTable(['Resource', 'Result', 'Runs now', 'Ran before', 'Deployment'], rows)
}

function linkText(text: string): string {
  return text.replace(/[[\]]/g, ' ')
}

function quote(text: string): string {
  return text
    .split('\n')
    .map(line => `> ${markdownText(line)}`)
    .join('\n')
}
