import { appendFileSync } from 'node:fs'

/**
 * Appends values to the file through which a step hands them to the runner: all of them in one write, as an action may have a hundred.
 * The toolkit opens the file once for each, and loads node's cryptography for it. Outside of a runner there is no file, and nobody
 * reads the values.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter
 */
export function appendValues(file: string | undefined, values: Readonly<Record<string, string>>): void {
  if (!file) return
  const end = delimiterFor(Object.values(values))
  const entries = Object.entries(values).map(([name, value]) => `${name}<<${end}\n${value}\n${end}\n`)
  appendFileSync(file, entries.join(''))
}

/** No value contains it, so none can end itself and begin another one. */
function delimiterFor(values: readonly string[]): string {
  const delimiter = `ghadelimiter_${Math.random().toString(36).slice(2)}`
  return values.some(value => value.includes(delimiter)) ? delimiterFor(values) : delimiter
}
