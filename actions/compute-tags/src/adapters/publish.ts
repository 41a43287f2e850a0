import type { Environment } from '@deploy-actions/core/runner/inputs'
import { runnerLog } from '@deploy-actions/core/runner/log'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { writeTempFiles } from '@deploy-actions/core/runner/temp-files'
import { exportVariables } from '@deploy-actions/core/runner/variables'
import { references } from '../outputs.ts'
import { placeOf } from '../problems.ts'
import type { RunResult } from '../run.ts'

/** Tells what was worked out, and sets the outputs and variables. */
export async function publish(result: RunResult, exportEnv: boolean, env: Environment): Promise<void> {
  const { outputs, metadata, facts } = result
  for (const text of result.warnings) runnerLog.warning(text)
  for (const text of result.notices) runnerLog.notice(text)
  runnerLog.group('Event', [
    `event: ${facts.eventName}`,
    `ref: ${facts.fullRef}`,
    `sha: ${facts.sha}${facts.shaOrigin === '' ? '' : ` (${facts.shaOrigin})`}`,
  ])
  runnerLog.group(
    'Rules',
    metadata.set.results.map(({ entry, tag, why }) => `${placeOf(entry)}: ${entry.text} → ${tag || '(none)'} (${why})`),
  )
  runnerLog.group('Tags', references(metadata))
  runnerLog.group('Labels', metadata.labels)
  runnerLog.info(`Environment: ${metadata.target.environment || 'none'} (${metadata.target.why})`)

  const bakeFiles = await writeTempFiles('docker-actions-toolkit-', bakeTexts(outputs.bakeFiles), env)
  const shared = { ...outputs.shared, ...bakeFiles }
  const { result: word, ...own } = outputs.own
  setOutputs({ result: word, ...shared, ...own })
  if (exportEnv) exportVariables(asVariables(shared))
}

/** Folder and files are named as docker/metadata-action names them: a workflow may look for them. */
function bakeTexts(bakeFiles: ReadonlyMap<string, string>) {
  return [...bakeFiles].map(([key, text]) => ({
    key,
    name: `docker-metadata-action-${key.replace('bake-file', 'bake')}.json`,
    text,
  }))
}

function asVariables(outputs: Readonly<Record<string, string>>): Record<string, string> {
  const variable = (name: string) => `DOCKER_METADATA_OUTPUT_${name.replaceAll('-', '_').toUpperCase()}`
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [variable(name), value]))
}
