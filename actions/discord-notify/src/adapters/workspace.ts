import { readFileSync } from 'node:fs'
import { workspacePath } from '@deploy-actions/core/runner/files'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'

/** The text of a file that an input names. */
export function readWorkspaceFile(env: Environment, file: string): string {
  try {
    return readFileSync(workspacePath(file, env), 'utf8')
  } catch {
    throw new InvalidValue(`is "${file}", which cannot be read; was the repository checked out?`)
  }
}
