import type { Annotation } from '@deploy-actions/core/runner/annotation'
import type { Log } from '@deploy-actions/core/runner/log'
import { messageOf } from '@deploy-actions/core/values/action-error'
import type { Secret } from '@deploy-actions/core/values/secret'
import { annotationsOf, failureOf } from './report/annotations.ts'
import { reportJson } from './report/json.ts'
import { junitXml } from './report/junit.ts'
import { logRun } from './report/log-lines.ts'
import { outputsOf } from './report/outputs.ts'
import { redacted } from './report/redacted.ts'
import { summaryOf } from './report/summary.ts'
import type { RunResult } from './result.ts'

/** Everything that the action writes of its checks goes through here. */
export interface Sink {
  readonly log: Log
  annotate(annotation: Annotation): void
  summary(markdown: string): Promise<void>
  /** Writes a file of the workspace. */
  file(path: string, text: string): Promise<void>
  outputs(outputs: Readonly<Record<string, string>>): void
}

export interface Publication {
  readonly result: RunResult
  /** When the run began, in milliseconds since the epoch. */
  readonly startedAt: number
  /** All that must not be seen: of the inputs, of every check, and captured. */
  readonly secrets: readonly Secret[]
  /** Undefined when no such report is wanted. */
  readonly reportPath: string | undefined
  readonly junitPath: string | undefined
}

/** Tells how the checks ended, everywhere, and throws their failure when one of them failed. */
export async function publish({ startedAt, secrets, ...publication }: Publication, sink: Sink): Promise<void> {
  const run = redacted(publication.result, secrets)
  logRun(run, sink.log)
  for (const annotation of annotationsOf(run.checks)) sink.annotate(annotation)
  const attempt = attemptWith(sink.log)
  await attempt('The job summary', () => sink.summary(summaryOf(run)))
  const write = async (path: string | undefined, what: string, text: () => string) => {
    if (path === undefined) return undefined
    return (await attempt(what, () => sink.file(path, text()))) ? path : undefined
  }
  const reportPath = await write(publication.reportPath, 'The report of `report-path`', () =>
    reportJson(run, startedAt),
  )
  const junitPath = await write(publication.junitPath, 'The report of `junit-path`', () => junitXml(run, startedAt))
  sink.outputs(outputsOf(run, { reportPath, junitPath }))
  const failure = failureOf(run.checks)
  if (failure !== undefined) throw failure
}

/** A report that cannot be written is told, and hides no verdict: a healthy release must not be rolled back for it. */
function attemptWith(log: Log) {
  return async (what: string, write: () => Promise<void>): Promise<boolean> => {
    try {
      await write()
      return true
    } catch (thrown) {
      log.warning(`${what} could not be written: ${messageOf(thrown)}. The checks' verdict stands.`, 'No report')
      return false
    }
  }
}
