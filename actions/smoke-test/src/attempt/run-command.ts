import type { Command, CommandResult, Host } from '@deploy-actions/core/host/host'
import { quoteArgument } from '@deploy-actions/core/host/quote'
import type { Secret } from '@deploy-actions/core/values/secret'

/** Bytes of each output that are looked at. */
export const MOST_OUTPUT = 1_000_000

export interface CheckCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, Secret>>
  /** Undefined: where the machine starts its commands. */
  readonly cwd?: string | undefined
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly onLine?: Command['onLine']
}

/**
 * `$1` is the directory, `$2` a limit in seconds, the rest the command. No names of our own beside them: the environment, which
 * comes as text of a shell on the input, may have any. The limit is for a machine that we have lost: `timeout` ends the command
 * with all that it started.
 */
const SCRIPT = `
eval "$(cat)" || exit
[ -z "$1" ] || cd -- "$1" || exit
shift
if command -v timeout >/dev/null 2>&1; then exec timeout -k 2 "$@" </dev/null; fi
shift
exec "$@" </dev/null`

/** Runs a command on a host with an environment that nobody there can see in a list of processes. */
export function runCommand(
  host: Host,
  { argv, env, cwd, timeout, signal, onLine }: CheckCommand,
): Promise<CommandResult> {
  return host.run({
    argv: ['sh', '-c', SCRIPT, 'check', cwd ?? '', String(secondsAfter(timeout)), ...argv],
    stdin: exportsOf(env),
    timeout,
    maxOutput: MOST_OUTPUT,
    signal,
    ...(onLine ? { onLine } : {}),
  })
}

/** Whole seconds, as not every `timeout` takes parts, and later than our own limit, which tells more. */
export function secondsAfter(timeout: number): number {
  return Math.ceil(timeout / 1_000) + 1
}

function exportsOf(env: Readonly<Record<string, Secret>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${nameOf(name)}=${quoteArgument(value.reveal())}\n`)
    .join('')
}

function nameOf(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new TypeError(`${name} is no name of a variable.`)
  return name
}
