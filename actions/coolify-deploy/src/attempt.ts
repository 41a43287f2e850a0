import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'
import { failureReason, type LogLine } from '@deploy-actions/core/coolify/logs'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { follow } from './follow.ts'
import type { Inputs } from './inputs.ts'
import type { Ledger } from './ledger.ts'
import type { Plan, Step } from './plan.ts'
import { apply, cancelDeployment, putBack } from './put-back.ts'
import { LOOK_BACK, start } from './start.ts'
import { ownUrls, probeAll, waitUntilRunning, whatElse } from './verify.ts'
import type { World } from './world.ts'

/** A step that Coolify has taken. */
export interface Begun {
  readonly plan: Plan
  readonly step: Step
  /** Undefined for a service or a database, which have none. */
  readonly deployment: string | undefined
  /** Milliseconds since the epoch until which it may take. */
  readonly end: number
}

export type Verdict =
  | { readonly kind: 'well'; readonly url: string | undefined }
  /** Not waited for. */
  | { readonly kind: 'pending' }
  /** Another run or a person has set another version meanwhile. */
  | { readonly kind: 'superseded'; readonly by: string }
  | {
      readonly kind: 'sick'
      /** Coolify did not bring it to its end, or it does not run well. */
      readonly stage: 'deployment' | 'running'
      readonly reason: string
      readonly next?: string | undefined
      readonly lines: readonly LogLine[]
      /** It is still under way in Coolify. */
      readonly goesOn?: true
    }

export interface Attempt {
  readonly begun: Begun
  readonly deployment: Deployment | undefined
  readonly verdict: Verdict
}

/** Where the parts of a story know each other's work. */
export interface Scene {
  readonly inputs: Inputs
  readonly world: World
  readonly ledger: Ledger
}

/** Sets the version and has Coolify start it. When it cannot be started, what was set is put back. */
export async function begin(plan: Plan, step: Step, { inputs, world, ledger }: Scene): Promise<Begun> {
  const { resource } = plan
  const { uuid, name } = resource
  const { change } = step
  const end = world.clock.now() + inputs.waitTimeout
  ledger.note({ uuid, name, change })
  try {
    if (change) await apply(change, uuid, world.coolify)
    const deployment = await start(step, plan, end, inputs, world)
    ledger.note({ uuid, name, change, deployment })
    // The deployment keeps the commit for itself; without the pin the next push deploys what is newest, as before.
    if (change?.kind === 'commit' && change.from === undefined) {
      await putBack(change, uuid, world.coolify)
      ledger.note({ uuid, name, deployment })
    }
    if (!inputs.wait) ledger.close(uuid)
    return { plan, step, deployment, end }
  } catch (thrown) {
    if (change && !world.signal.aborted) {
      const done = await putBack(change, uuid, world.coolify).catch(failure => {
        world.log.warning(`${name} is still set to the new version: ${messageOf(failure)}`)
        return false
      })
      if (done) world.log.info(`  ${name}: what was set is put back`)
      ledger.close(uuid)
    }
    throw thrown
  }
}

/** Waits for the end of a step, and looks whether it runs. */
export async function complete(begun: Begun, { inputs, world, ledger }: Scene): Promise<Attempt> {
  const { plan, step, deployment: id } = begun
  const { resource } = plan
  if (!inputs.wait) {
    const seen = id === undefined ? undefined : await world.coolify.deployment(id).catch(() => undefined)
    return { begun, deployment: seen, verdict: { kind: 'pending' } }
  }
  let deployment: Deployment | undefined
  if (id !== undefined) {
    const followed = await follow(id, resource, begun.end, inputs, world)
    deployment = followed.deployment
    const failed =
      followed.kind === 'late'
        ? await tooLate(id, followed.deployment, begun, { inputs, world, ledger })
        : sickness(followed.deployment, followed.lines, resource.name)
    if (failed) return { begun, deployment: failed.deployment ?? deployment, verdict: failed.verdict }
    const by = deployment && (await whatElse(step, resource, deployment, world))
    if (by !== undefined) {
      ledger.close(resource.uuid)
      return { begun, deployment, verdict: { kind: 'superseded', by } }
    }
  }
  const verdict = await judge(begun, deployment, { inputs, world, ledger })
  const further =
    verdict.kind === 'well' && id !== undefined ? await followFurther(begun, { inputs, world, ledger }) : undefined
  return { begun, deployment, verdict: further ?? verdict }
}

/** An application on several servers has a deployment for each of the others once the first is finished, which only its list shows. */
async function followFurther(
  { plan, deployment: id, end }: Begun,
  { inputs, world }: Scene,
): Promise<Verdict | undefined> {
  const { resource, known } = plan
  const deployments = await world.coolify.deployments(resource.uuid, LOOK_BACK)
  for (const { uuid } of deployments.filter(one => one.isFurther && one.uuid !== id && !known.has(one.uuid))) {
    world.log.info(`  ${resource.name}: a further server`)
    const followed = await follow(uuid, resource, end, inputs, world)
    if (followed.kind === 'late') {
      const reason = `The deployment of ${resource.name} to a further server was not finished within \`wait-timeout\`.`
      return { kind: 'sick', stage: 'running', reason, lines: [] }
    }
    const failed = sickness(followed.deployment, followed.lines, resource.name)
    if (failed?.verdict.kind === 'sick') {
      return { ...failed.verdict, stage: 'running', reason: `On a further server: ${failed.verdict.reason}` }
    }
  }
  return undefined
}

async function judge(begun: Begun, deployment: Deployment | undefined, { inputs, world }: Scene): Promise<Verdict> {
  const { resource } = begun.plan
  const { start: how } = begun.step
  const isPreview = how.kind === 'deploy' && how.pullRequest !== undefined
  if (!isPreview) {
    const reason = await waitUntilRunning(resource, deployment?.finishedAt, inputs.health, inputs, world)
    if (reason !== undefined) {
      return {
        kind: 'sick',
        stage: 'running',
        reason: `Coolify finished the deployment, and ${resource.name} ${reason}.`,
        next: 'Its own log says why: the page of the resource in Coolify → Logs. Are all its variables set there (Environment Variables)?',
        lines: [],
      }
    }
  }
  const urls = isPreview ? [] : ownUrls(inputs.health.urls, resource)
  const trouble = await probeAll(urls, inputs.health, world)
  if (trouble !== undefined) return badAnswer(trouble)
  return { kind: 'well', url: urls[0]?.href }
}

export function badAnswer(trouble: string): Verdict {
  return {
    kind: 'sick',
    stage: 'running',
    reason: `Coolify finished the deployment, and ${trouble}.`,
    next: 'Does the domain lead to this resource, and are all its variables set in Coolify? Its log there says more.',
    lines: [],
  }
}

interface Failed {
  readonly verdict: Verdict
  readonly deployment?: Deployment
}

function sickness(deployment: Deployment, lines: readonly LogLine[], name: string): Failed | undefined {
  switch (deployment.status) {
    case 'finished':
      return undefined
    case 'cancelled-by-user':
      return {
        verdict: {
          kind: 'sick',
          stage: 'deployment',
          reason: `The deployment of ${name} was cancelled in Coolify, by somebody or by another run.`,
          lines,
        },
      }
    default: {
      const reason = failureReason(lines)
      const hidden = deployment.logs === undefined
      return {
        verdict: {
          kind: 'sick',
          stage: 'deployment',
          reason: `Coolify failed to deploy ${name}${reason ? `: ${sentence(reason)}` : '.'}`,
          next: nextAfter(reason, lines, hidden),
          lines,
        },
      }
    }
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** What helps, by the words of Coolify and Docker. */
function nextAfter(reason: string | undefined, lines: readonly LogLine[], hidden: boolean): string {
  const text = [reason ?? '', ...lines.slice(-30).map(line => line.text)].join('\n')
  if (/manifest unknown|not found: manifest|manifest for .* not found/i.test(text)) {
    return 'The registry does not have that tag: was the image pushed by an earlier job, under this very name and tag?'
  }
  if (/unauthorized|denied|no basic auth/i.test(text)) {
    return "The registry does not let Coolify's server pull: log in there once (docker login), or make the package public."
  }
  if (/no matching manifest/i.test(text)) {
    return "The image is not built for the server's architecture: add it to `platforms` of the build."
  }
  if (/unhealthy|not healthy/i.test(text)) {
    return 'The new container did not become healthy. Its log says why; are all its variables set in Coolify (Environment Variables)?'
  }
  if (reason === undefined && !hidden) {
    return 'Coolify gives no reason. When it restarts, as for an update, it calls every deployment failed that was under way: then run the job again.'
  }
  return hidden
    ? "The deployment's page in Coolify has its log. A token with `read:sensitive` of a team's admin shows it here."
    : "See the deployment's page in Coolify."
}

/** The time is up: the deployment is cancelled, or goes on by itself. */
async function tooLate(
  id: string,
  seen: Deployment | undefined,
  { plan: { resource } }: Begun,
  { inputs, world }: Scene,
): Promise<Failed | undefined> {
  const stood = seen?.status ?? 'never seen'
  const limit = formatDuration(inputs.waitTimeout)
  const doubt =
    stood === 'queued'
      ? 'Something was before it all the time: look for a stuck deployment in Coolify, and cancel it there.'
      : "Coolify's server may be busy, or the build needs longer: raise `wait-timeout`. Its page shows how far it came."
  if (inputs.onTimeout === 'keep') {
    return {
      verdict: {
        kind: 'sick',
        stage: 'deployment',
        reason: `The deployment of ${resource.name} was still ${stood} after ${limit} (\`wait-timeout\`); it goes on in Coolify (\`on-timeout: keep\`).`,
        next: doubt,
        lines: [],
        goesOn: true,
      },
    }
  }
  const status = await cancelDeployment(id, resource.uuid, world.coolify)
  if (status === 'finished') return undefined
  const deployment = seen && { ...seen, status }
  return {
    ...(deployment && isOver(deployment) ? { deployment } : {}),
    verdict: {
      kind: 'sick',
      stage: 'deployment',
      reason: `The deployment of ${resource.name} was still ${stood} after ${limit} (\`wait-timeout\`), and was cancelled.`,
      next: doubt,
      lines: [],
    },
  }
}
