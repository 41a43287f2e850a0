import { downCommand } from '@deploy-actions/core/compose/command'
import type { ComposeConfig } from '@deploy-actions/core/compose/config'
import { activate } from '@deploy-actions/core/release/activate'
import { containersOf, type HealthVerdict, lastLogs, waitForHealth } from '@deploy-actions/core/release/health'
import { readConfig } from '@deploy-actions/core/release/preview'
import { nameOf, type ReleaseRecord, type ReleaseState } from '@deploy-actions/core/release/record'
import { markRelease } from '@deploy-actions/core/release/store'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import type { Inputs } from './inputs.ts'
import type { Evidence, Outcome } from './outcome.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

const LOG_LINES = 30

export interface SwitchOver {
  readonly target: ReleaseRecord
  /** What the project directory held before. */
  readonly previous: ReleaseRecord | undefined
  /** What we go back to; undefined when nothing that was ever good is left. */
  readonly wayBack: ReleaseRecord | undefined
  /** What the run is called when it went well. */
  readonly result: 'deployed' | 'rolled-back'
}

/** Makes the target run, waits until it is healthy, and goes the way back when it is not. */
export async function switchOver(plan: SwitchOver, inputs: Inputs, session: Session, world: World): Promise<Outcome> {
  const { target, previous, wayBack } = plan
  const sickness = await world.timeline.phase(`Start ${nameOf(target)}`, () =>
    afterSwitch(target, wayBack, () => session.survive(() => bringUp(target, inputs, session, world))),
  )
  if (sickness === undefined) {
    const release = await mark(target, 'live', session, world)
    return {
      result: plan.result,
      release,
      previous,
      headline: plan.result === 'deployed' ? `Deployed ${nameOf(target)}` : `Rolled back to ${nameOf(target)}`,
      ...(inputs.healthUrl ? { url: inputs.healthUrl.url.href } : {}),
    }
  }
  for (const { title, lines } of sickness.evidence) world.log.group(title, lines)
  world.log.warning(sickness.reason, `${nameOf(target)} is sick`)
  // A release that served well once and is only sick now stays one to go back to.
  if (target.state === 'staged') await mark(target, 'failed', session, world, sickness.reason)
  if (inputs.onFailure === 'keep') return kept(plan, sickness)
  if (inputs.onFailure === 'stop') return stop(plan, sickness, inputs, session, world)
  return goBack(plan, sickness, inputs, session, world)
}

/**
 * Between the switch and the verdict nobody can say what runs. Whatever ends the run there, a cancelled job or a connection
 * that does not come back, leaves the server with both releases whole, and must say how to go on.
 */
async function afterSwitch<T>(
  target: ReleaseRecord,
  wayBack: ReleaseRecord | undefined,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (thrown) {
    throw new ActionError({
      title: `Cut off while ${nameOf(target)} was starting`,
      message: messageOf(thrown),
      next: `Nobody knows whether it is healthy. Run the deploy again, or go back: run with \`mode: rollback\`${byHand(wayBack)}`,
      exitStatus: 2,
      cause: thrown,
    })
  }
}

/** The words for going back on the server itself. */
function byHand(wayBack: ReleaseRecord | undefined): string {
  return wayBack === undefined ? '' : `, or on the server: sh .deploy/releases/${wayBack.id}/rollback.sh`
}

interface Sickness {
  readonly reason: string
  readonly next?: string
  readonly evidence: readonly Evidence[]
}

/** Undefined when the release runs and is healthy. A lost connection is no verdict on the release: it is thrown on. */
async function bringUp(
  release: ReleaseRecord,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<Sickness | undefined> {
  const { host, layout } = session
  const started = await activateRelease(release, inputs, session, world)
  if (release.composeFiles.length === 0) return started
  const config = await readConfig(host, {
    directory: layout.project,
    composeFiles: release.composeFiles,
    projectName: release.project,
  })
  const verdict = await waitForHealth(
    host,
    {
      project: release.project,
      services: config.services,
      // When Compose itself gave up there is nothing to wait for: one look tells which container is to blame.
      timeout: started === undefined ? inputs.waitTimeout : 0,
      settle: inputs.settle,
      onChange: text => world.log.info(`  … ${text}`),
      signal: world.signal,
    },
    world.clock,
  )
  if (started !== undefined) return { ...started, evidence: await evidenceOf(verdict, config, session) }
  if (!verdict.healthy) {
    return { reason: reasonOf(verdict), evidence: await evidenceOf(verdict, config, session) }
  }
  return probeUrl(inputs, session, world, () => evidenceOf(verdict, config, session))
}

async function activateRelease(
  release: ReleaseRecord,
  inputs: Inputs,
  { host, layout }: Session,
  world: World,
): Promise<Sickness | undefined> {
  try {
    await activate(host, layout, {
      id: release.id,
      timeout: inputs.waitTimeout,
      onLine: line => world.log.info(`  ${line}`),
    })
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof ActionError) || thrown.exitStatus === 2) throw thrown
    return { reason: thrown.message, ...(thrown.next ? { next: thrown.next } : {}), evidence: [] }
  }
}

function reasonOf(verdict: HealthVerdict): string {
  return verdict.judgement.services
    .filter(service => service.verdict === 'sick')
    .map(service => service.reason)
    .join('\n')
}

/** The last lines of every service that is not well; of all of them when each by itself seems fine. */
async function evidenceOf(verdict: HealthVerdict, config: ComposeConfig, { host }: Session): Promise<Evidence[]> {
  const unwell = verdict.judgement.services
    .filter(service => service.verdict !== 'healthy')
    .map(service => service.service)
  const names = new Set(unwell.length > 0 ? unwell : config.services.map(service => service.name))
  const containers = verdict.containers.filter(container => names.has(container.service))
  return Promise.all(
    containers.map(async container => {
      const lines = await lastLogs(host, container.id, LOG_LINES)
      const probes = container.healthLog.map(line => `healthcheck: ${line}`)
      return {
        title: `Last lines of ${container.name}`,
        lines: lines.concat(probes, lines.length + probes.length ? [] : ['(it wrote nothing)']),
      }
    }),
  )
}

async function probeUrl(
  inputs: Inputs,
  { host }: Session,
  world: World,
  evidence: () => Promise<Evidence[]>,
): Promise<Sickness | undefined> {
  const health = inputs.healthUrl
  if (health === undefined) return undefined
  let wrong: string | undefined
  for (let attempt = 1; attempt <= health.tries; attempt++) {
    wrong = await world.probe(health, host)
    if (wrong === undefined) return undefined
    world.log.info(`  … ${health.url.href}: ${wrong} (try ${attempt} of ${health.tries})`)
    if (attempt < health.tries) await world.clock.sleep(health.interval, world.signal)
  }
  return {
    reason: `${health.url.href} did not answer well in ${health.tries} tries: ${wrong}`,
    evidence: await evidence(),
  }
}

function kept({ target, previous }: SwitchOver, sickness: Sickness): Outcome {
  return {
    result: 'failed',
    release: target,
    previous,
    headline: `${nameOf(target)} is sick and was kept`,
    evidence: sickness.evidence,
    failure: new ActionError({
      title: `${nameOf(target)} is sick and was kept`,
      message: sickness.reason,
      next: 'It runs as it is, as `on-failure: keep` asks. Look at it on the server, then deploy again or run with `mode: rollback`.',
      exitStatus: 2,
    }),
  }
}

async function stop(
  { target, previous }: SwitchOver,
  sickness: Sickness,
  inputs: Inputs,
  { host, layout }: Session,
  world: World,
): Promise<Outcome> {
  await world.timeline.phase('Stop the project', async () => {
    const argv = downCommand({ projectName: target.project, timeout: inputs.waitTimeout / 1_000 })
    const result = await host.run({ argv, timeout: inputs.waitTimeout })
    if (result.exitCode === 0) return
    throw new ActionError({
      title: 'The sick release could not be stopped',
      message: `${sickness.reason}\nThen docker compose down failed in ${layout.project}: ${result.stderr.trim()}`,
      exitStatus: 2,
    })
  })
  return {
    result: 'stopped',
    release: undefined,
    previous,
    headline: `${nameOf(target)} is sick; the project is stopped`,
    evidence: sickness.evidence,
    failure: new ActionError({
      title: `${nameOf(target)} is sick; the project is stopped`,
      message: sickness.reason,
      next: 'Nothing of the project runs, as `on-failure: stop` asks; its volumes are kept. Deploy a fixed version, or run with `mode: rollback`.',
      exitStatus: 2,
    }),
  }
}

/** Goes the recorded way back and proves it: the very images, and healthy. */
async function goBack(
  plan: SwitchOver,
  sickness: Sickness,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<Outcome> {
  const { target, wayBack } = plan
  if (wayBack === undefined)
    return lost(plan, sickness, { reason: 'no earlier release was ever healthy', evidence: [] })
  const isEmpty = wayBack.services.length === 0
  const trouble = await world.timeline.phase(
    isEmpty ? 'Remove what was started' : `Go back to ${nameOf(wayBack)}`,
    () => afterSwitch(target, wayBack, () => session.survive(() => provenWayBack(wayBack, inputs, session, world))),
  )
  if (trouble !== undefined) return lost(plan, sickness, trouble)
  const headline = isEmpty
    ? `${nameOf(target)} is sick and was removed; nothing ran here before`
    : `${nameOf(target)} is sick; ${nameOf(wayBack)} runs again`
  return {
    result: isEmpty ? 'failed' : 'rolled-back',
    release: isEmpty ? undefined : wayBack,
    previous: plan.previous,
    headline,
    evidence: sickness.evidence,
    failure: new ActionError({
      title: headline,
      message: sickness.reason,
      next: sickness.next ?? 'Read the last lines of the sick service in the log above, fix it, and deploy again.',
    }),
  }
}

/** Undefined when the earlier release runs again, to the image; else what is wrong. */
async function provenWayBack(
  wayBack: ReleaseRecord,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<Sickness | undefined> {
  const sickness = await bringUp(wayBack, { ...inputs, healthUrl: undefined }, session, world)
  if (sickness) return sickness
  return differentImage(wayBack, session)
}

/** Compose may call a start successful that brought up another image; only the ids prove it. */
async function differentImage(release: ReleaseRecord, { host }: Session): Promise<Sickness | undefined> {
  const containers = await containersOf(host, release.project)
  const recorded = new Map(release.services.map(service => [service.name, service.imageId]))
  const wrong = containers.filter(({ oneoff, service, imageId }) => !oneoff && recorded.get(service) !== imageId)
  if (wrong.length === 0) return undefined
  const names = wrong.map(({ name, imageId }) => `${name} runs ${imageId}`).join(', ')
  return { reason: `not the recorded images: ${names}`, evidence: [] }
}

function lost({ target, previous, wayBack }: SwitchOver, first: Sickness, second: Sickness): Outcome {
  const goal = wayBack ? nameOf(wayBack) : 'an earlier release'
  return {
    result: 'rollback-failed',
    release: undefined,
    previous,
    headline: `${nameOf(target)} is sick, and the way back to ${goal} failed`,
    evidence: [...first.evidence, ...second.evidence],
    failure: new ActionError({
      title: 'The rollback failed: a person must look at the server',
      message: `${nameOf(target)} is sick: ${first.reason}\nGoing back to ${goal} failed: ${second.reason}`,
      next: `Everything is still on the server under .deploy/releases/. When the cause is gone, run with \`mode: rollback\`${byHand(wayBack)}`,
      exitStatus: 2,
    }),
  }
}

function mark(
  release: ReleaseRecord,
  state: ReleaseState,
  { host, layout }: Session,
  world: World,
  reason?: string,
): Promise<ReleaseRecord> {
  return markRelease(host, layout, release, state, new Date(world.clock.now()), reason)
}
