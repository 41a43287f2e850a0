import { type Service, upLimit } from '../compose/config.ts'
import { readFailure, withoutNoise } from '../compose/failure.ts'
import { ConnectionLost } from '../host/host-error.ts'
import type { SwitchAnswer } from '../release/answers.ts'
import { rollbackScript } from '../release/layout.ts'
import type { FinalPhase } from '../release/pending.ts'
import { ProgramStatus } from '../release/program.ts'
import { LockLost, lastLines } from '../release/program-failure.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { ActionError, messageOf } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import { type InPlace, readInPlace } from './compose-config.ts'
import type { Context } from './context.ts'
import type { HealthOptions } from './options.ts'
import type { Project } from './project.ts'
import { evidenceAfterStart, type Trouble, verifyRelease } from './verify.ts'

/** A switch of the project directory and its containers from one release to another. */
export interface Switch {
  readonly target: Release
  /** Its services as Compose reads them; undefined has the server read them once they are in place. */
  readonly services: readonly Service[] | undefined
  /** The release that a rollback restores; undefined when nothing that was ever good is left. */
  readonly rollbackTarget: Release | undefined
  /** The release that ran before. */
  readonly previous: Release | undefined
  /** `forward` to a new release; `backward` to one that was chosen. */
  readonly direction: 'forward' | 'backward'
  /** The release whose `.env` a rollback replaces: the names of values that change are logged. */
  readonly replaced?: Release | undefined
}

/**
 * Makes a release the running one and verifies it. Everything in it may be repeated, so it survives a lost connection: the server
 * completes what was started, and a second call waits for that. Returns what is wrong; undefined when nothing is.
 */
export function bringUp(
  {
    target,
    services,
    rollbackTarget,
    direction,
    replaced,
  }: Pick<Switch, 'target' | 'services' | 'rollbackTarget' | 'direction' | 'replaced'>,
  health: HealthOptions,
  project: Project,
  context: Context,
): Promise<Trouble | undefined> {
  const limit = upLimit(services ?? [], health.waitTimeout)
  return project.survive(async () => {
    const request = {
      epoch: project.epoch,
      owner: context.owner,
      id: target.id,
      timeout: limit,
      onLine: (line: string) => context.log.info(`  ${line}`),
    }
    const start = async () => {
      const answer =
        direction === 'forward' && rollbackTarget !== undefined
          ? await project.program.activate({ ...request, rollbackTarget: rollbackTarget.id })
          : await project.program.rollback(request)
      return troubleOf(answer, target, limit)
    }
    const trouble = await start()
    if (trouble !== undefined && trouble.kind !== 'start') return trouble
    const read = services === undefined ? await readServices(target, replaced, project) : { services, changedNames: [] }
    // The cause of a failed start comes first.
    if ('problem' in read) return trouble ?? { kind: 'inexact', reason: read.problem, evidence: [] }
    if (replaced !== undefined && read.changedNames.length > 0) {
      const names = read.changedNames.join(', ')
      context.log.info(`  .env of ${nameOf(target)} is restored; other values than in ${nameOf(replaced)}: ${names}`)
    }
    const withEvidence = async (failed: Trouble) => ({
      ...failed,
      ...(await evidenceAfterStart(target, read.services, project)),
    })
    if (trouble !== undefined) return withEvidence(trouble)
    return verifyRelease(target, read.services, health, project, context, async () => {
      const again = await start()
      return again && withEvidence(again)
    })
  })
}

/** A compose file that cannot be read is a finding, which must not hide the cause of a failed start. */
async function readServices(
  target: Release,
  replaced: Release | undefined,
  project: Project,
): Promise<InPlace | { readonly problem: string }> {
  try {
    return await readInPlace(target, project, replaced)
  } catch (thrown) {
    if (thrown instanceof ConnectionLost || thrown instanceof LockLost) throw thrown
    return { problem: messageOf(thrown) }
  }
}

/** The activation reports the step that it reached: the message follows it. */
function troubleOf(answer: SwitchAnswer, target: Release, limit: number): Trouble | undefined {
  const { status, step } = answer
  if (status === ProgramStatus.ok) return undefined
  const output = lastLines(withoutNoise(answer.output) || answer.output, 8) || `exit status ${status}`
  if (status === ProgramStatus.refused) return { kind: 'refused', reason: output, evidence: [] }
  if (status === ProgramStatus.compose) return startTrouble(output, limit)
  const failure = readFailure(answer.output)
  const what = STEPS[step] ?? `the step "${step}" failed`
  return {
    kind: 'files',
    reason: `${nameOf(target)}: ${what}: ${failure?.message ?? output}`,
    next: failure?.next ?? 'Check owner, permissions and free space of the project directory on the server.',
    evidence: [],
  }
}

const STEPS: Readonly<Record<string, string>> = {
  check: 'the switch could not be started',
  seal: 'the record of the rollback target could not be checked',
  reserve: 'room for a rollback could not be reserved',
  hold: 'the images of the rollback target could not be held',
  containers: 'containers that are not part of the release could not be stopped',
  files: 'its files could not be put in place',
  env: '.env could not be written',
  current: 'the link .deploy/current could not be changed',
  up: 'docker compose up could not be run',
}

function startTrouble(output: string, limit: number): Trouble {
  const timedOut = /ended with status (124|137)\b/.test(output)
  const failure = readFailure(output)
  const reason = timedOut
    ? `docker compose up did not end within ${formatDuration(limit)}`
    : `docker compose up failed: ${failure?.message ?? output}`
  return { kind: 'start', reason, next: failure?.next, evidence: [] }
}

/** Whatever ends a run between the switch and the verdict leaves the state unknown: the next run finds `pending` and decides. */
export async function untilVerdict<T>(
  doing: string,
  plan: Pick<Switch, 'target' | 'rollbackTarget'>,
  project: Project,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (thrown) {
    if (thrown instanceof LockLost) throw unknownState(doing, thrown)
    const next = `It is not known whether ${nameOf(plan.target)} is healthy. Run the deploy again, which first completes this one or rolls it back; or run with \`mode: rollback\`${manually(plan.rollbackTarget, project)}.`
    throw new ActionError({
      title: `Interrupted during ${doing}`,
      message: messageOf(thrown),
      next,
      exitStatus: 2,
      cause: thrown,
    })
  }
}

/** Once the switch has begun, a run without the lock cannot tell what runs: another run may have changed it. It leaves it alone. */
export function unknownState(doing: string, thrown: LockLost): ActionError {
  const { title, message, next } = thrown
  return new ActionError({
    title: `${title} during ${doing}`,
    message: `${message} It is not known what runs now.`,
    ...(next === undefined ? {} : { next }),
    exitStatus: 2,
    cause: thrown,
  })
}

/** The words for a rollback on the server itself. */
export function manually(target: Pick<Release, 'id'> | undefined, project: Project): string {
  return target === undefined ? '' : `, or on the server: sh ${rollbackScript(project.path, target.id)}`
}

/** Writes the end of a switch into `pending`, over a new connection if need be. */
export function finish(
  id: string,
  phase: FinalPhase,
  reason: string,
  project: Project,
  context: Context,
): Promise<void> {
  return project.survive(() =>
    project.program.finish({ epoch: project.epoch, owner: context.owner, id, phase, reason }),
  )
}

/** The same where the end of the run does not depend on it: the next run repairs what is missing. */
export function tryToFinish(
  id: string,
  phase: FinalPhase,
  reason: string,
  project: Project,
  context: Context,
): Promise<void> {
  return tryToRecord(`${id} as ${phase}`, context, () => finish(id, phase, reason, project, context))
}

/**
 * Gives up a rollback that failed, as the server has it on record: one that failed before its intent was written leaves the switch before it
 * there, with the owner of that.
 */
export function giveUpRollback(reason: string, project: Project, context: Context): Promise<void> {
  return tryToRecord('the rollback as failed', context, () =>
    project.survive(async () => {
      await project.refresh()
      const { epoch, program, store } = project
      if (store.pending === undefined) return
      const { owner, target: id } = store.pending
      await program.finish({ epoch, owner, id, phase: 'rollback-failed', reason })
    }),
  )
}

async function tryToRecord(what: string, context: Context, record: () => Promise<void>): Promise<void> {
  try {
    await record()
  } catch (thrown) {
    if (thrown instanceof LockLost) throw unknownState(`the recording of ${what}`, thrown)
    context.log.warning(`${messageOf(thrown)} The next deploy repairs this.`, `Could not record ${what}`)
  }
}

/** Restores the rollback target and verifies it. Returns what is wrong; undefined when it runs again, exactly. */
export async function restore(
  plan: Switch & { readonly rollbackTarget: Release },
  reason: string,
  health: HealthOptions,
  project: Project,
  context: Context,
): Promise<Trouble | undefined> {
  const { target, rollbackTarget } = plan
  const doing = `the rollback to ${nameOf(rollbackTarget)} (${reason})`
  const name = isEmpty(rollbackTarget) ? 'Remove what was started' : `Roll back to ${nameOf(rollbackTarget)}`
  const back = {
    target: rollbackTarget,
    services: undefined,
    rollbackTarget: undefined,
    direction: 'backward',
    replaced: target,
  } as const
  const trouble = await context.phase(
    name,
    // The URL belongs to the release that failed.
    () => untilVerdict(doing, plan, project, () => bringUp(back, { ...health, url: undefined }, project, context)),
    found => found === undefined,
  )
  if (trouble === undefined) await tryToFinish(rollbackTarget.id, 'rolled-back', reason, project, context)
  else await giveUpRollback(trouble.reason, project, context)
  return trouble
}
