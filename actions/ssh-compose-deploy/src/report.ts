import { type Outcome, signOf } from '@deploy-actions/core/deploy/result'
import { gantt } from '@deploy-actions/core/report/gantt'
import { codeBlock } from '@deploy-actions/core/report/markdown'
import { markdownTable } from '@deploy-actions/core/report/table'
import type { Phase } from '@deploy-actions/core/runner/timeline'
import { formatDuration } from '@deploy-actions/core/values/duration'

/** The job summary: what happened in one line, what runs, what went wrong, and how long each phase took. */
export function summaryOf(outcome: Outcome, hostName: string, phases: readonly Phase[]): string {
  const { release, failure } = outcome
  const parts = [`### ${signOf(outcome.result)} ${outcome.headline}`, facts(outcome, hostName, phases)]
  if (failure) parts.push(quote(failure.next ? `${failure.message}\n\nNext: ${failure.next}` : failure.message))
  if (outcome.details && outcome.details.length > 0) parts.push(codeBlock(outcome.details))
  for (const { title, lines } of outcome.evidence ?? []) {
    parts.push(`<details><summary>${escapeHtml(title)}</summary>\n\n${codeBlock(lines)}\n\n</details>`)
  }
  if (release && release.services.length > 0) {
    const rows = release.services.map(service => [service.name, service.image, service.digest ?? service.imageId])
    parts.push(markdownTable(['Service', 'Image', 'Pinned to'], rows))
  }
  if (phases.length > 0) parts.push(gantt(outcome.headline, phases))
  return `${parts.join('\n\n')}\n`
}

function facts(outcome: Outcome, hostName: string, phases: readonly Phase[]): string {
  const [first, last] = [phases[0], phases.at(-1)]
  const took = first && last ? formatDuration(last.end - first.start) : '-'
  return markdownTable(
    ['Server', 'Result', 'Runs now', 'Ran before', 'Took'],
    [[hostName, outcome.result, outcome.release?.id ?? '-', outcome.previous?.id ?? '-', took]],
  )
}

function quote(text: string): string {
  return text
    .split('\n')
    .map(line => `> ${escapeHtml(line)}`)
    .join('\n')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
