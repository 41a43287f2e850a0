import type { Case } from '../../../test/differential/compute-tags/cases.ts'
import { EVENTS, type EventName, type RunEvent, tag } from '../../../test/differential/compute-tags/events.ts'
import type { RunResult } from '../src/run.ts'
import { runInProcess } from './in-process.ts'

export { tag }

/** Runs the action for an event with some inputs. */
export function runFor(
  event: EventName | RunEvent,
  inputs: Case['inputs'],
  more: Partial<Case> = {},
): Promise<RunResult> {
  const base = typeof event === 'string' ? EVENTS[event] : event
  return runInProcess({ ...base, ...more, name: 'scenario', inputs })
}

export function tagsOf({ metadata }: RunResult): readonly string[] {
  return metadata.set.names
}

/** The message of the error that a run fails with. */
export async function failureOf(running: Promise<RunResult>): Promise<string> {
  try {
    await running
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message
  }
  throw new Error('it did not fail')
}
