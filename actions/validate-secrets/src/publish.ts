import { type Annotation, cutLines, LONGEST_MESSAGE } from '@deploy-actions/core/runner/annotation'
import type { Log } from '@deploy-actions/core/runner/log'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { Guard } from './guard.ts'
import { annotationsOf, mistakeAnnotations } from './report/annotations.ts'
import { problemLines } from './report/log-lines.ts'
import { isValid, type Report, reportJson } from './report/report.ts'
import { summaryOf } from './report/summary.ts'
import type { Outcome } from './run.ts'

/** Everything that the action writes goes through here, and each text through the guard. */
export interface Sink {
  readonly log: Log
  annotate(annotation: Annotation): void
  summary(markdown: string): Promise<void>
  report(path: string, json: string): Promise<void>
  outputs(outputs: Readonly<Record<string, string>>): void
}

/** Writes a run's outcome and throws its failure, if there is one. */
export async function publish(outcome: Outcome, sink: Sink): Promise<void> {
  const { guard, report, outputs } = outcome
  if (outcome.notices.length > 0) sink.log.notice(guard.clean(cutLines(outcome.notices, LONGEST_MESSAGE)))
  for (const warning of outcome.warnings) sink.log.warning(guard.clean(warning), 'More secrets than needed')
  if (report !== undefined) await tell(report, outcome, sink)
  for (const annotation of mistakeAnnotations(outcome.mistakes))
    sink.annotate({ ...annotation, text: guard.clean(annotation.text) })
  const values = guard.cleanAll(Object.values(outputs))
  sink.outputs(Object.fromEntries(Object.keys(outputs).map((name, index) => [name, values[index] ?? ''])))
  if (outcome.failure !== undefined) throw guardedFailure(outcome.failure, guard)
}

async function tell(report: Report, { guard, outputs, failure }: Outcome, sink: Sink): Promise<void> {
  const looked = count(report.verdicts.length, 'name')
  const lines = guard.clean(problemLines(report).join('\n')).split('\n')
  if (report.problems.length === 0) sink.log.info(`${looked} checked, and all is well.`)
  else sink.log.group(`${count(report.problems.length, 'finding')} in ${looked}`, lines)
  for (const { check, outcome, text } of report.remote) sink.log.info(guard.clean(`${check}: ${outcome}: ${text}`))
  for (const annotation of annotationsOf(report, failure !== undefined || isValid(report)))
    sink.annotate({ ...annotation, text: guard.clean(annotation.text) })
  await sink.summary(guard.clean(summaryOf(report)))
  const path = outputs['report-path'] ?? ''
  if (path !== '') await sink.report(path, reportJson(report))
}

function guardedFailure(failure: ActionError, guard: Guard): ActionError {
  const { title, message, next, exitStatus } = failure
  return new ActionError({
    title,
    message: guard.clean(message),
    ...(next === undefined ? {} : { next: guard.clean(next) }),
    exitStatus,
  })
}

/** A bug of ours: where it happened, but never what it says, since that may quote a value. */
export function unexpected(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown
  const kind = thrown instanceof Error ? thrown.constructor.name : typeof thrown
  const frames =
    thrown instanceof Error
      ? (thrown.stack ?? '').split('\n').filter(line => /^\s+at [^\n]*:\d+:\d+\)?$/.test(line))
      : []
  return new ActionError({
    title: 'Unexpected failure',
    message: [
      `The check ended with an internal ${kind}; its message is kept back, since it may hold a value.`,
      ...frames.slice(0, 8),
    ].join('\n'),
    next: 'Report this with these lines: it is a bug of the action, not of your workflow.',
  })
}
