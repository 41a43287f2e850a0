import { markdownLine } from '../report/markdown.ts'
import { quote } from '../report/quote.ts'
import { reasonOf } from '../report/reason.ts'
import { shownLines } from '../report/shown-text.ts'
import { ActionError } from '../values/action-error.ts'
import type { Environment } from './inputs.ts'
import { announce, maskedSecretsRedactor, runnerLog } from './log.ts'
import { setOutputs } from './outputs.ts'
import { hasOwnSummary, writeSummary } from './summary.ts'

/** Bytes of a failure's text in the summary; the log has all of it. */
const ROOM = 100_000

/**
 * Reports what a step has thrown: in the log with its next step, and in the job's summary unless the action has written a better one
 * there. Returns the exit status.
 */
export async function reportFailure(thrown: unknown, env: Environment): Promise<number> {
  const { title, message, next, exitStatus } = thrown instanceof ActionError ? thrown : unexpected(thrown)
  announce('error', next ? `${message}\n\nNext: ${next}` : message, { title }, env)
  if (!(thrown instanceof ActionError) && thrown instanceof Error) runnerLog.info(thrown.stack ?? '')
  // The failure is what counts, not that a summary could not be written about it.
  if (!hasOwnSummary()) await writeSummary(failureSummary({ title, message, next }), env).catch(() => undefined)
  return exitStatus
}

/** Reads inputs for an action that has the output `reason`: a mistake in them is the reason of a failure too. */
export function readWithReason<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof ActionError) setOutputs({ reason: maskedSecretsRedactor()(reasonOf(thrown)) })
    throw thrown
  }
}

function failureSummary({ title, message, next }: Pick<ActionError, 'title' | 'message' | 'next'>): string {
  // The runner masks the summary only when it uploads it, and other runners do not mask it at all.
  const clean = maskedSecretsRedactor()
  const lines = (text: string) => shownLines(text, clean)
  const text = quote([
    { lines: lines(message), room: ROOM },
    ...(next ? [{ lead: '**Next:**', lines: lines(next), room: ROOM }] : []),
  ])
  return `### ❌ ${markdownLine(clean(title))}\n\n${text}\n`
}

function unexpected(thrown: unknown): ActionError {
  return new ActionError({
    title: 'Unexpected failure',
    message: thrown instanceof Error ? thrown.message : String(thrown),
    next: 'Report this: it is a bug of the action, not of your workflow.',
  })
}
