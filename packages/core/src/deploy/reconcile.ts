import { isFinal, type Pending } from '../release/pending.ts'
import { DiskFull, LockLost } from '../release/program-failure.ts'
import { nameOf, type Release } from '../release/record.ts'
import { ActionError, messageOf } from '../values/action-error.ts'
import { readInPlace } from './compose-config.ts'
import type { Context } from './context.ts'
import type { SwitchOptions } from './options.ts'
import type { Project } from './project.ts'
import { bringUp, finish, giveUpRollback, manually, unknownState } from './switch.ts'
import { verifyRelease } from './verify.ts'

/** What was done about a switch that an earlier run had left unfinished. */
export type Reconciled =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'confirmed'; readonly release: Release }
  | { readonly kind: 'rolled-back'; readonly release: Release; readonly from: string }
  /** It cannot be rolled back: the run goes to the release that it was given. */
  | { readonly kind: 'given-up' }

/**
 * Completes a switch that another run left unfinished, before anything else is decided: a release that is up, healthy and exact is
 * confirmed, so that it is never skipped as a rollback target; anything else is rolled back, and a half-switched directory is
 * never taken for a manual change. `chosen` is the release that people named for a rollback, which does not need the one that the
 * switch was to return to.
 */
export async function reconcile(
  options: SwitchOptions,
  project: Project,
  context: Context,
  chosen = '',
): Promise<Reconciled> {
  const { pending, pendingProblem, releases } = project.store
  if (pendingProblem !== undefined) throw unreadable(pendingProblem, project)
  if (pending === undefined || isFinal(pending.phase)) return { kind: 'nothing' }
  const find = (id: string) => releases.find(release => release.id === id)
  const target = find(pending.target)
  context.log.warning(
    `The switch to ${target ? nameOf(target) : pending.target} by another run was not completed (${pending.phase}).`,
    'Unfinished deploy',
  )
  return context.phase('Complete the unfinished deploy', async () => {
    try {
      const isGood =
        pending.phase === 'started' && target !== undefined && (await isHealthy(target, options, project, context))
      const confirmed = isGood ? await confirm(target, pending, project, context) : undefined
      const done =
        confirmed ?? (await rollBack(find(pending.rollbackTarget), pending, options, project, context, chosen))
      await project.refresh()
      return done
    } catch (thrown) {
      throw thrown instanceof LockLost ? unknownState('the completion of an unfinished deploy', thrown) : thrown
    }
  })
}

async function isHealthy(
  release: Release,
  options: SwitchOptions,
  project: Project,
  context: Context,
): Promise<boolean> {
  try {
    const { services } = await readInPlace(release, project)
    // The URL belongs to the release that comes now.
    const trouble = await verifyRelease(release, services, { ...options.health, url: undefined }, project, context)
    if (trouble !== undefined) context.log.info(`  ${nameOf(release)}: ${trouble.reason}`)
    return trouble === undefined
  } catch (thrown) {
    if (!(thrown instanceof ActionError) || thrown instanceof LockLost || project.host.isLost || context.signal.aborted)
      throw thrown
    context.log.info(`  ${nameOf(release)} cannot be verified: ${thrown.message}`)
    return false
  }
}

/** Undefined when the disk is too full to record it: then it is rolled back, for which there is room. */
async function confirm(
  release: Release,
  pending: Pending,
  project: Project,
  context: Context,
): Promise<Reconciled | undefined> {
  const { epoch, program } = project
  const reason = `verified by ${context.by}`
  try {
    // The compare-and-set names the owner of the switch, not this run.
    await program.finish({ epoch, owner: pending.owner, id: release.id, phase: 'confirmed', reason })
  } catch (thrown) {
    if (!(thrown instanceof DiskFull)) throw thrown
    context.log.info(`  ${nameOf(release)} is healthy and cannot be confirmed: ${thrown.message}`)
    return undefined
  }
  context.log.info(`  ${nameOf(release)} is healthy and exact: confirmed`)
  return { kind: 'confirmed', release }
}

async function rollBack(
  release: Release | undefined,
  pending: Pending,
  options: SwitchOptions,
  project: Project,
  context: Context,
  chosen: string,
): Promise<Reconciled> {
  if (release === undefined) {
    const why = `the record of its rollback target ${pending.rollbackTarget || '(none)'} cannot be read`
    return giveUp(pending, why, chosen, project, context)
  }
  const back = { target: release, services: undefined, rollbackTarget: undefined, direction: 'backward' } as const
  const health = { ...options.health, url: undefined }
  const trouble = await bringUp(back, health, project, context).catch(thrown => {
    if (thrown instanceof ActionError && !(thrown instanceof LockLost))
      throw failed(release, messageOf(thrown), project)
    throw thrown
  })
  if (trouble !== undefined) {
    for (const { title, lines } of trouble.evidence) context.log.group(title, lines)
    const why = `the rollback to ${nameOf(release)} was refused: ${trouble.reason}`
    if (trouble.kind === 'refused' && chosen !== '') return giveUp(pending, why, chosen, project, context)
    await giveUpRollback(trouble.reason, project, context)
    throw failed(release, trouble.reason, project)
  }
  await finish(release.id, 'rolled-back', `unfinished deploy, rolled back by ${context.by}`, project, context)
  context.log.info(`  rolled back to ${nameOf(release)}`)
  return { kind: 'rolled-back', release, from: pending.target }
}

/** The end of a switch that cannot be rolled back goes on record: otherwise every later run would end here as well. */
async function giveUp(
  pending: Pending,
  reason: string,
  chosen: string,
  project: Project,
  context: Context,
): Promise<Reconciled> {
  const { owner, target: id, rollbackTarget } = pending
  // Only a rollback can fail as one.
  const phase = pending.phase === 'rolling-back' ? 'rollback-failed' : 'disarmed'
  await project.program.finish({ epoch: project.epoch, owner, id, phase, reason })
  if (chosen !== '') {
    context.log.warning(
      `It was not rolled back: ${reason}. This run rolls back to ${chosen} instead.`,
      'Unfinished deploy not rolled back',
    )
    return { kind: 'given-up' }
  }
  throw failed(rollbackTarget === '' ? undefined : { id: rollbackTarget }, reason, project, NAME_ANOTHER)
}

const NAME_ANOTHER = 'Deploy again, or run with `mode: rollback` and name a release in `to`'

function failed(
  release: Pick<Release, 'id' | 'version'> | undefined,
  reason: string,
  project: Project,
  next = 'Remove the cause, then run with `mode: rollback`',
): ActionError {
  return new ActionError({
    title: 'Rollback of an unfinished deploy failed: manual intervention required',
    message: `Another run was interrupted during its switch, and the rollback to ${release ? nameOf(release) : 'its rollback target'} failed: ${reason}`,
    next: `${next}${manually(release, project)}.`,
    exitStatus: 2,
  })
}

function unreadable(problem: string, { path }: Project): ActionError {
  return new ActionError({
    title: 'State of the last deploy cannot be read',
    message: `${path}/.deploy/pending ${problem}.`,
    next: 'Use the version of the action that wrote it, or a newer one. If the file is damaged, move it away on the server; the next deploy then records the current state as the rollback point.',
  })
}
