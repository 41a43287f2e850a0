import { readFailure } from '../compose/failure.ts'
import type { Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { type Layout, releaseFiles } from './layout.ts'

export interface ActivateOptions {
  readonly id: string
  /** Milliseconds that Compose's own limit (in the release's plan) leaves; ours is a little longer. */
  readonly timeout: number
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal
}

/** Makes a release the running one, by its own script. Whether what then runs is healthy is another question. */
export async function activate(host: Host, layout: Layout, options: ActivateOptions): Promise<void> {
  const script = `${layout.releases}/${options.id}/${releaseFiles.script}`
  const result = await host.run({
    argv: ['sh', script, '--locked'],
    timeout: options.timeout + 60_000,
    onLine: line => options.onLine(line),
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (result.exitCode === 0) return
  const said = `${result.stderr}\n${result.stdout}`.trim()
  const failure = readFailure(said)
  const timedOut = result.exitCode === 124 || result.exitCode === 137
  throw new ActionError({
    title: failure?.title ?? 'The containers could not be started',
    message: timedOut
      ? `docker compose up did not end within ${Math.round(options.timeout / 1_000)} s on ${host.name}.`
      : (failure?.message ?? `docker compose up failed on ${host.name}: ${lastLines(said)}`),
    ...(failure?.next === undefined ? {} : { next: failure.next }),
  })
}

function lastLines(text: string): string {
  return text.split('\n').slice(-5).join('\n')
}
