import { CommandTimeout } from '@deploy-actions/core/host/host-error'
import { excerptOf } from '@deploy-actions/core/probe/excerpt'
import { type Observed, observed } from '@deploy-actions/core/probe/observed'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { CommandSubject } from '../check.ts'
import type { CommandFacts } from '../observation.ts'
import { explainHostFailure } from './host-failure.ts'
import type { Place } from './place.ts'
import { MOST_OUTPUT } from './run-command.ts'

/** Runs a check's command once. Throws only the signal's reason. */
export async function observeCommand(
  subject: CommandSubject,
  place: Place,
  limits: { readonly timeout: number; readonly signal: AbortSignal; readonly secrets: readonly Secret[] },
): Promise<Observed<CommandFacts>> {
  const { timeout, signal, secrets } = limits
  const { argv, env, cwd } = subject
  let lastLine = ''
  const onLine = (line: string) => {
    if (line.trim() !== '') lastLine = line
  }
  return observed(
    async () => {
      const ended = await place.run({ argv, env, cwd, timeout, signal, onLine })
      const cut = (['stdout', 'stderr'] as const).filter(part => Buffer.byteLength(ended[part]) >= MOST_OUTPUT)
      return { ...ended, ...(cut.length === 0 ? {} : { cut }) }
    },
    thrown => {
      signal.throwIfAborted()
      if (!(thrown instanceof CommandTimeout)) return explainHostFailure(thrown)
      const said = excerptOf(lastLine, secrets)
      const reason = `it did not end within ${formatDuration(timeout)}${said ? `; the last it said: ${said}` : ''}`
      return { kind: 'host', reason }
    },
  )
}
