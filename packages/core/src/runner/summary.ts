import { appendFile } from 'node:fs/promises'
import type { Environment } from './inputs.ts'

/** Appends Markdown to the job's summary, where the runner has one. */
export async function appendSummary(markdown: string, env: Environment): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY']
  if (file) await appendFile(file, markdown.endsWith('\n') ? markdown : `${markdown}\n`)
}

/** A Markdown table; cells are cleaned of what would break out of theirs. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(tableCell).join(' | ')} |`
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n')
}

function tableCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\r?\n/g, '<br>')
}
