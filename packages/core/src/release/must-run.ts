import { readFailure } from '../compose/failure.ts'
import type { Command, CommandResult, Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'

/** Runs a command that has to succeed. `what` reads on after "could not": `unpack the files`. */
export async function mustRun(host: Host, command: Command, what: string): Promise<CommandResult> {
  const result = await host.run(command)
  if (result.exitCode !== 0) throw couldNot(host, what, result.stderr.trim() || `exit status ${result.exitCode}`)
  return result
}

/** The error for something that a host could not do, in the words of whoever knows the cause. */
export function couldNot(host: Host, what: string, said: string): ActionError {
  const failure = readFailure(said)
  return new ActionError({
    title: failure?.title ?? `Could not ${what}`,
    message: `${host.name} could not ${what}: ${failure?.message ?? said}`,
    next: failure?.next ?? 'What runs was not touched.',
  })
}
