import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'
import { visibleLines } from '@deploy-actions/core/coolify/logs'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { findDeployment } from './find-deployment.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './world.ts'

/** Looks at which a deployment may still be missing; it is stored before its id is given. */
const MISSING = 3

export type Followed =
  | { readonly kind: 'over'; readonly deployment: Deployment; readonly lines: readonly string[] }
  /** The time is up. */
  | { readonly kind: 'late'; readonly deployment: Deployment | undefined }

/** Looks at a deployment until it is over or the time is up. `end` is in milliseconds since the epoch. */
export async function follow(
  uuid: string,
  resource: Resource,
  end: number,
  inputs: Inputs,
  world: World,
): Promise<Followed> {
  const { clock, signal, clean, coolify } = world
  const begun = clock.now()
  const teller = new Teller(resource.name, inputs, world)
  let missing = 0
  let seen: Deployment | undefined
  for (;;) {
    const found = await findDeployment(uuid, resource.uuid, coolify)
    if (found === undefined && ++missing >= MISSING) throw unknown(uuid, resource)
    seen = found ?? seen
    if (found) teller.tell(found)
    if (seen && isOver(seen)) break
    const left = end - clock.now()
    if (left <= 0) return { kind: 'late', deployment: seen }
    await clock.sleep(Math.min(pollPause(inputs, clock.now() - begun), left), signal)
  }
  if (seen.status === 'failed' && seen.logs !== undefined) {
    // Its reason is written after its status.
    await clock.sleep(inputs.pollInterval, signal)
    seen = (await findDeployment(uuid, resource.uuid, coolify)) ?? seen
    teller.tell(seen)
  }
  const lines = visibleLines(seen.logs).map(clean)
  return { kind: 'over', deployment: seen, lines }
}

/** Milliseconds until the next look: rarer the longer it takes, and the more there are to look at. */
export function pollPause(
  { pollInterval, targets }: Pick<Inputs, 'pollInterval' | 'targets'>,
  elapsed: number,
): number {
  const factor = elapsed < 120_000 ? 1 : elapsed < 600_000 ? 2 : 3
  // All tokens of a user share 200 calls a minute; a quarter of them is enough for one run.
  const crowd = targets.length * 1_200
  return Math.max(pollInterval * factor, targets.length > 4 ? crowd : 0)
}

function unknown(uuid: string, { name }: Resource): CoolifyError {
  return new CoolifyError(
    'not-found',
    `Coolify does not know the deployment ${uuid} of ${name}, which it said it had queued.`,
    'Look at the deployments in Coolify. Before 4.0.0-beta.402 they cannot be followed: set `wait: false`, or update Coolify.',
  )
}

/** Tells what is new of a deployment: its status, and its log where that is wanted. */
class Teller {
  readonly #name: string
  readonly #inputs: Inputs
  readonly #world: World
  readonly #begun: number
  #status = ''
  #shown = 0

  constructor(name: string, inputs: Inputs, world: World) {
    this.#name = name
    this.#inputs = inputs
    this.#world = world
    this.#begun = world.clock.now()
  }

  tell(deployment: Deployment): void {
    const { log, clock, clean } = this.#world
    if (deployment.status !== this.#status) {
      const after = clock.now() - this.#begun
      log.info(
        `  ${this.#name}: ${deployment.status}${after >= 1_000 ? `, after ${formatDuration(after)}` : ''}${hintOn(deployment)}`,
      )
      if (this.#inputs.logs === 'follow' && this.#status === '' && deployment.logs === undefined) {
        log.notice(
          'The log of the deployment is not shown: the token lacks the right `read:sensitive`, or its user is no admin of the team.',
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
  return status === 'queued' ? ' (behind another deployment, or until the server has a free slot)' : ''
}
