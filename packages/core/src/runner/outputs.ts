import * as core from '@actions/core'

/** Sets the outputs in the order in which they are declared; undefined ones are set to ''. */
export function setOutputs(outputs: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value ?? '')
}
