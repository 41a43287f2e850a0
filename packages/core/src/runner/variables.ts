import * as core from '@actions/core'

/** Sets variables for this process and for the job's later steps. */
export function exportVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) core.exportVariable(name, value)
}
