import assert from 'node:assert/strict'
import type { WorkflowResult } from '../lab/act.ts'

/** How a run has to end: its exit status, and the `result` of its steps by their id; undefined for a step that did not run. */
export interface End {
  readonly exitCode: number
  readonly results: Readonly<Record<string, string | undefined>>
}

/** Fails with all that the steps have printed, when a run did not end as it should. */
export function expectEnd(run: WorkflowResult, { exitCode, results }: End): void {
  const steps = Object.keys(results)
  const ended = {
    exitCode: run.exitCode,
    results: Object.fromEntries(steps.map(step => [step, run.outputs[step]?.['result']])),
  }
  const printed = () => run.lines.map(({ kind, step, text }) => `${step} ${kind}: ${text}`).join('\n')
  try {
    assert.deepEqual(ended, { exitCode, results: { ...results } })
  } catch (thrown) {
    throw new Error(`${String(thrown)}\n${printed()}\n${run.log.slice(-3000)}`)
  }
}

/** All that a step has printed. */
export function printedBy({ lines }: WorkflowResult, step: string): string {
  return lines
    .filter(line => line.step === step)
    .map(({ text }) => text)
    .join('\n')
}

export function errorsOf({ lines }: WorkflowResult): string {
  return lines.flatMap(({ kind, title, text }) => (kind === 'error' ? [`${title}: ${text}`] : [])).join('\n')
}

/** The tag of an image that names a commit. */
export function shaTag(commit: string): string {
  return `sha-${commit.slice(0, 7)}`
}
