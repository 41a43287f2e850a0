import { readFailure } from '../compose/failure.ts'
import type { Host } from '../host/host.ts'
import { ActionError, type ActionErrorParts, type ExitStatus } from '../values/action-error.ts'
import { type Answer, ProgramStatus } from './program.ts'

const AFTER_ANOTHER_RUN =
  'Look at the run that holds the lock now (`mode: status` shows the result), then run this job again if it is still needed.'

/** This run does not hold the lock of the project any more. Another run may act on it: this one must not change anything. */
export class LockLost extends ActionError {
  constructor(parts: Pick<ActionErrorParts, 'title' | 'message' | 'cause'>) {
    super({ ...parts, next: AFTER_ANOTHER_RUN })
  }
}

/** The server refused a call: the lock, its epoch or the phase is not this run's any more. */
export class Fenced extends LockLost {
  constructor(host: Host, detail: string) {
    super({
      title: 'Another run has taken over',
      message: `${host.name} refused to go on, as this run does not hold the lock of the project any more: ${lastLines(detail, 1)}`,
    })
  }
}

/** The Docker engine does not respond: it may be restarting. */
export class EngineDown extends ActionError {}

/** Nothing can be written on the server. */
export class DiskFull extends ActionError {}

const KINDS: Readonly<Record<string, typeof ActionError>> = { 'docker-down': EngineDown, 'no-space': DiskFull }

/**
 * The error for a task that the server did not carry out, with the cause in words that help. `what` reads on after "could not":
 * `upload the files`. Who calls knows what was changed and says so; nothing is claimed here.
 */
export function failureOf(
  host: Host,
  what: string,
  answer: Pick<Answer, 'status' | 'stderr'>,
  exitStatus: ExitStatus = 1,
): ActionError {
  const detail = answer.stderr.trim() || `exit status ${answer.status}`
  if (answer.status === ProgramStatus.fenced) return new Fenced(host, detail)
  const failure = readFailure(detail)
  const Kind = KINDS[failure?.code ?? ''] ?? ActionError
  return new Kind({
    title: failure?.title ?? `Could not ${what}`,
    message: `${host.name} could not ${what}: ${failure?.message ?? lastLines(detail, 5)}`,
    ...(failure === undefined ? {} : { next: failure.next }),
    exitStatus,
  })
}

/** The end of a longer text. */
export function lastLines(text: string, number: number): string {
  return text.trim().split('\n').slice(-number).join('\n')
}
