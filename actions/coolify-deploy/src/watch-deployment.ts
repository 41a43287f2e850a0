import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'
import { visibleLines } from '@deploy-actions/core/coolify/logs'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { findDeployment } from './find-deployment.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './world.ts'

/** Requests in a row that can miss a deployment; Coolify stores it before it returns the ID. */
const MISSING = 3

export type Watched =
  | { readonly kind: 'ended'; readonly deployment: Deployment; readonly lines: readonly string[] }
  /** The time limit has passed. */
  | { readonly kind: 'timed-out'; readonly deployment: Deployment | undefined }

/** Polls a deployment until it has ended or the deadline has passed. `deadline` is in milliseconds since the epoch. */
export async function watchDeployment(
  uuid: string,
  resource: Resource,
  deadline: number,
  inputs: Inputs,
  world: World,
): Promise<Watched> {
  const { clock, signal, clean, coolify } = world
  const startedAt = clock.now()
  const progress = new Progress(resource.name, inputs, world)
  let missing = 0
  let seen: Deployment | undefined
  for (;;) {
    const found = await findDeployment(uuid, resource.uuid, coolify)
    if (found === undefined && ++missing >= MISSING) throw unknown(uuid, resource)
    seen = found ?? seen
    if (found) progress.report(found)
    if (seen && isOver(seen)) break
    const left = deadline - clock.now()
    if (left <= 0) return { kind: 'timed-out', deployment: seen }
    await clock.sleep(Math.min(pollPause(inputs, clock.now() - startedAt), left), signal)
  }
  if (seen.status === 'failed' && seen.logs !== undefined) {
    // Coolify writes the reason after the status.
    await clock.sleep(inputs.pollInterval, signal)
    seen = (await findDeployment(uuid, resource.uuid, coolify)) ?? seen
    progress.report(seen)
  }
  const lines = visibleLines(seen.logs).map(clean)
  return { kind: 'ended', deployment: seen, lines }
}

/** Milliseconds until the next request: longer the longer it takes, and the more resources there are. */
export function pollPause(
  { pollInterval, targets }: Pick<Inputs, 'pollInterval' | 'targets'>,
  elapsed: number,
): number {
  const factor = elapsed < 120_000 ? 1 : elapsed < 600_000 ? 2 : 3
  // All tokens of a user share 200 requests a minute; a quarter of them is enough for one run.
  const shared = targets.length * 1_200
  return Math.max(pollInterval * factor, targets.length > 4 ? shared : 0)
}

function unknown(uuid: string, { name }: Resource): CoolifyError {
  return new CoolifyError(
    'not-found',
    `Coolify does not have the deployment ${uuid} of ${name} that it reported as queued.`,
    'Check the deployments in Coolify. Before 4.0.0-beta.402 they cannot be watched: set `wait: false`, or update Coolify.',
  )
}

/** Logs changes of a deployment: its status, and its log with `logs: follow`. */
class Progress {
  readonly #name: string
  readonly #inputs: Inputs
  readonly #world: World
  readonly #startedAt: number
  #status = ''
  #shown = 0

  constructor(name: string, inputs: Inputs, world: World) {
    this.#name = name
    this.#inputs = inputs
    this.#world = world
    this.#startedAt = world.clock.now()
  }

  report(deployment: Deployment): void {
    const { log, clock, clean } = this.#world
    if (deployment.status !== this.#status) {
      const after = clock.now() - this.#startedAt
      log.info(
        `  ${this.#name}: ${deployment.status}${after >= 1_000 ? `, after ${formatDuration(after)}` : ''}${hintOn(deployment)}`,
      )
      if (this.#inputs.logs === 'follow' && this.#status === '' && deployment.logs === undefined) {
        log.notice(
          'The log of the deployment is not shown: the token has no permission `read:sensitive`, or its user is not an admin of the team.',
        )
      }
      this.#status = deployment.status
    }
    if (this.#inputs.logs !== 'follow') return
    const lines = visibleLines(deployment.logs)
    for (const text of lines.slice(this.#shown)) log.info(`    ${clean(text)}`)
    this.#shown = Math.max(this.#shown, lines.length)
  }
}

function hintOn({ status }: Deployment): string {
  return status === 'queued' ? ' (behind another deployment, or waiting for a free slot on the server)' : ''
}
