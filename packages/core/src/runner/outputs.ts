import { appendValues } from './command-file.ts'
import type { Environment } from './inputs.ts'

const latest: Record<string, string> = {}

/** What this process has set so far. */
export function latestOutputs(): Readonly<Record<string, string>> {
  return latest
}

/** Sets the outputs in the order in which they are declared; undefined ones are set to ''. */
export function setOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  env: Environment = process.env,
): void {
  const values = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value ?? '']))
  Object.assign(latest, values)
  appendValues(env['GITHUB_OUTPUT'], values)
}
