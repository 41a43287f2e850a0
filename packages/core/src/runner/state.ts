import * as core from '@actions/core'
import { appendValues } from './command-file.ts'

/** Hands a text to the step's post part, which the runner starts also when the main part was killed. The last one of a name counts. */
export function saveState(name: string, text: string): void {
  appendValues(process.env['GITHUB_STATE'], { [name]: text })
}

/** What the main part saved; '' when it saved nothing. */
export function savedState(name: string): string {
  return core.getState(name)
}
