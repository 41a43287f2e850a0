import { ActionError } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'

/** The connection went while something was under way: what ran on the machine may have ended, or not. */
export class ConnectionLost extends ActionError {
  constructor(host: string, cause: string, thrown?: unknown) {
    super({
      title: 'Connection lost',
      message: `The connection to ${host} was lost: ${cause}.`,
      next: 'Check that the machine is up and its network is steady, then run the job again.',
      cause: thrown,
    })
  }
}

/** A command that did not end in its time. What it started on the machine may still run. */
export class CommandTimeout extends ActionError {
  constructor(host: string, argv: readonly string[], timeout: number) {
    super({
      title: 'Command timed out',
      message: `${argv[0] ?? 'A command'} on ${host} did not end within ${formatDuration(timeout)}.`,
    })
  }
}

/** The machine refused to start a command at all. */
export class CommandRefused extends ActionError {
  constructor(host: string, cause: string) {
    super({ title: 'Command refused', message: `${host} refused to start a command: ${cause}.` })
  }
}
