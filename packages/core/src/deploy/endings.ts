import { DiskFull, LockLost } from '../release/program-failure.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { ActionError, messageOf } from '../values/action-error.ts'
import type { Context } from './context.ts'
import type { SwitchOptions } from './options.ts'
import type { Project } from './project.ts'
import type { Outcome } from './result.ts'
import { bringUp, finish, manually, restore, type Switch, tryToFinish, unknownState, untilVerdict } from './switch.ts'
import { fullDisk, type Trouble } from './verify.ts'

/** Makes a release the running one; every way in which that can end. */
export async function switchOver(
  plan: Switch,
  options: SwitchOptions,
  project: Project,
  context: Context,
): Promise<Outcome> {
  const { target, direction } = plan
  project.checkLock()
  const trouble = await context.phase(
    direction === 'forward' ? `Start ${nameOf(target)}` : `Roll back to ${nameOf(target)}`,
    () =>
      untilVerdict(`the start of ${nameOf(target)}`, plan, project, () =>
        bringUp(plan, options.health, project, context),
      ),
    found => found === undefined,
  )
  if (trouble === undefined) return confirmed(plan, options, project, context)
  if (trouble.kind === 'refused') return refused(plan, trouble)
  return failed(plan, trouble, options, project, context)
}

async function failed(
  plan: Switch,
  trouble: Trouble,
  options: SwitchOptions,
  project: Project,
  context: Context,
): Promise<Outcome> {
  for (const { title, lines } of trouble.evidence) context.log.group(title, lines)
  context.log.warning(trouble.reason, failedTitle(plan, trouble))
  // A half-switched directory is nothing to keep: it is repaired whatever the policy is.
  if (options.onFailure === 'keep' && trouble.kind !== 'files') return kept(plan, trouble, project, context)
  if (options.onFailure === 'stop' && trouble.kind !== 'files') return stopped(plan, trouble, options, project, context)
  return rolledBack(plan, trouble, options, project, context)
}

function failedTitle({ target }: Switch, { kind }: Trouble): string {
  const what = {
    refused: 'was refused',
    files: 'could not be put in place',
    start: 'did not start',
    unhealthy: 'is unhealthy',
    inexact: 'does not run as recorded',
    url: 'does not respond as expected',
    disk: 'cannot be confirmed on a full disk',
  }[kind]
  return `${nameOf(target)} ${what}`
}

/** The commit point. Whatever comes after it is best effort. */
async function confirmed(plan: Switch, options: SwitchOptions, project: Project, context: Context): Promise<Outcome> {
  const { target, previous, direction } = plan
  const isDeploy = direction === 'forward'
  const release: Release = { ...target, state: 'confirmed' }
  const url = options.health.url?.name
  const common = { release, previous, ...(url === undefined ? {} : { url }) }
  try {
    const reason = isDeploy ? '' : `rolled back to ${nameOf(target)} by ${context.by}`
    await finish(target.id, isDeploy ? 'confirmed' : 'rolled-back', reason, project, context)
  } catch (thrown) {
    if (thrown instanceof LockLost)
      throw unknownState(`the confirmation of ${nameOf(target)}, which was healthy`, thrown)
    if (thrown instanceof DiskFull && isDeploy) return failed(plan, fullDisk(thrown), options, project, context)
    const title = `${nameOf(target)} runs and is healthy, but could not be confirmed`
    const next = `Run this job again: it verifies and confirms the release. To roll back instead, run with \`mode: rollback\`${manually(plan.rollbackTarget, project)}.`
    const failure = new ActionError({ title, message: messageOf(thrown), next, exitStatus: 2, cause: thrown })
    return { ...common, result: 'failed', headline: title, failure }
  }
  return {
    ...common,
    result: isDeploy ? 'deployed' : 'rolled-back',
    headline: isDeploy ? `Deployed ${nameOf(target)}` : `Rolled back to ${nameOf(target)}`,
  }
}

/** The server found a reason before it touched anything: what ran before still runs. */
function refused(plan: Switch, trouble: Trouble): Outcome {
  const { target, previous } = plan
  const title = `Switch to ${nameOf(target)} refused`
  return {
    result: 'failed',
    release: previous,
    previous,
    headline: title,
    failure: new ActionError({
      title,
      message: `The server refused the switch before it changed anything: ${trouble.reason}`,
      next: trouble.next ?? 'Remove the cause on the server, or choose another release; then run the job again.',
    }),
  }
}

async function kept(plan: Switch, trouble: Trouble, project: Project, context: Context): Promise<Outcome> {
  const { target } = plan
  await abandon(plan, trouble, project, context)
  const title = `${failedTitle(plan, trouble)}; it was kept`
  return {
    result: 'failed',
    release: target,
    ...failureOf(plan, trouble),
    headline: title,
    failure: new ActionError({
      title,
      message: trouble.reason,
      next: 'Inspect it on the server, then deploy again or run with `mode: rollback`. It keeps running because of `on-failure: keep`.',
      exitStatus: 2,
    }),
  }
}

async function stopped(
  plan: Switch,
  trouble: Trouble,
  options: SwitchOptions,
  project: Project,
  context: Context,
): Promise<Outcome> {
  const { target } = plan
  await abandon(plan, trouble, project, context)
  const common = { result: 'stopped', release: undefined, ...failureOf(plan, trouble) } as const
  try {
    await context.phase('Stop the project', () =>
      project.survive(() => project.program.stop(project.epoch, target.project, options.health.waitTimeout)),
    )
  } catch (thrown) {
    if (thrown instanceof LockLost) throw unknownState(`the stop of the project (${trouble.reason})`, thrown)
    const title = `${failedTitle(plan, trouble)}, and the project could not be stopped`
    const message = `${trouble.reason}\nStopping the project failed: ${messageOf(thrown)}`
    const next = `Stop it on the server: docker compose -p ${target.project} down. Then deploy again or run with \`mode: rollback\`.`
    const failure = new ActionError({ title, message, next, exitStatus: 2 })
    return { ...common, result: 'failed', release: target, headline: title, failure }
  }
  const title = `${failedTitle(plan, trouble)}; the project is stopped`
  return {
    ...common,
    headline: title,
    failure: new ActionError({
      title,
      message: trouble.reason,
      next: 'Deploy a fixed version, or run with `mode: rollback`. The project is stopped because of `on-failure: stop`; its volumes are kept.',
      exitStatus: 2,
    }),
  }
}

/** What every ending of a failed switch reports. */
function failureOf(
  { target, previous }: Switch,
  { evidence, services = [] }: Trouble,
): Pick<Outcome, 'previous' | 'failedRelease' | 'failedServices' | 'evidence'> {
  return { previous, failedRelease: target, failedServices: services, evidence }
}

/** Gives the switch up, so that nobody rolls it back: a manual rollback is on record as one that failed. */
function abandon({ target, direction }: Switch, trouble: Trouble, project: Project, context: Context): Promise<void> {
  return tryToFinish(
    target.id,
    direction === 'forward' ? 'disarmed' : 'rollback-failed',
    trouble.reason,
    project,
    context,
  )
}

async function rolledBack(
  plan: Switch,
  trouble: Trouble,
  { health }: SwitchOptions,
  project: Project,
  context: Context,
): Promise<Outcome> {
  const { target, rollbackTarget } = plan
  if (rollbackTarget === undefined) {
    await abandon(plan, trouble, project, context)
    return rollbackFailed(
      plan,
      trouble,
      { kind: 'refused', reason: 'no earlier release was ever healthy', evidence: [] },
      project,
    )
  }
  const second = await restore({ ...plan, rollbackTarget }, trouble.reason, health, project, context)
  if (second !== undefined) return rollbackFailed(plan, trouble, second, project)
  const isNothing = isEmpty(rollbackTarget)
  const ending = isNothing ? 'it was removed (nothing ran here before)' : `rolled back to ${nameOf(rollbackTarget)}`
  const headline = `${failedTitle(plan, trouble)}; ${ending}`
  return {
    result: isNothing ? 'failed' : 'rolled-back',
    release: isNothing ? undefined : rollbackTarget,
    ...failureOf(plan, trouble),
    headline,
    failure: new ActionError({
      title: headline,
      message: trouble.reason,
      next: trouble.next ?? `Read the last log lines above, fix ${target.version ?? 'the release'}, and deploy again.`,
    }),
  }
}

function rollbackFailed(plan: Switch, first: Trouble, second: Trouble, project: Project): Outcome {
  const { target, rollbackTarget } = plan
  const goal = rollbackTarget ? nameOf(rollbackTarget) : 'an earlier release'
  return {
    result: 'rollback-failed',
    release: undefined,
    ...failureOf(plan, first),
    headline: `${failedTitle(plan, first)}, and the rollback to ${goal} failed`,
    evidence: [...first.evidence, ...second.evidence],
    failure: new ActionError({
      title: 'Rollback failed: manual intervention required',
      message: `${nameOf(target)}: ${first.reason}\nThe rollback to ${goal} failed: ${second.reason}`,
      next: `Remove the cause, then run with \`mode: rollback\`${manually(rollbackTarget, project)}. All releases are still on the server under .deploy/releases/.`,
      exitStatus: 2,
    }),
  }
}
