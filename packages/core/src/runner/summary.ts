import { appendFile } from 'node:fs/promises'
import type { Environment } from './inputs.ts'

/** Appends Markdown to the job's summary, where the runner has one. */
export async function appendSummary(markdown: string, env: Environment): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY']
  if (file) await appendFile(file, markdown.endsWith('\n') ? markdown : `${markdown}\n`)
}
