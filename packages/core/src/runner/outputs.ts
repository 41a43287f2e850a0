import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import * as core from '@actions/core'
import type { Environment } from './inputs.ts'

const latest: Record<string, string> = {}

/** What this process has set so far. */
export function latestOutputs(): Readonly<Record<string, string>> {
  return latest
}

/**
 * Sets the outputs in the order in which they are declared; undefined ones are set to ''. All of them in one write, where the
 * runner has a file for them: the toolkit opens it once for each, and an action may have a hundred.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter
 */
export function setOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  env: Environment = process.env,
): void {
  for (const [name, value] of Object.entries(outputs)) latest[name] = value ?? ''
  const file = env['GITHUB_OUTPUT']
  if (!file) {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value ?? '')
    return
  }
  // Nobody can know it beforehand, so no value can end itself and begin another output.
  const end = `ghadelimiter_${randomUUID()}`
  appendFileSync(
    file,
    Object.entries(outputs)
      .map(([name, value]) => `${name}<<${end}\n${value ?? ''}\n${end}\n`)
      .join(''),
  )
}
