import { appendFile } from 'node:fs/promises'
import { showsAnnotations } from './github-run.ts'
import type { Environment } from './inputs.ts'
import { runnerLog } from './log.ts'

let hasOwn = false

/** Whether the action has written a summary of its own. The file does not tell: act has one for all steps. */
export function hasOwnSummary(): boolean {
  return hasOwn
}

/** Appends Markdown to the job's summary, where the runner has one. Where the server shows none it is in the log. */
export async function appendSummary(markdown: string, env: Environment): Promise<void> {
  hasOwn = true
  if (!showsAnnotations(env)) runnerLog.group('Job summary', markdown.trimEnd().split('\n'))
  await writeSummary(markdown, env)
}

/** The same for what stands in the log already. */
export async function writeSummary(markdown: string, env: Environment): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY']
  if (file) await appendFile(file, markdown.endsWith('\n') ? markdown : `${markdown}\n`)
}
