import { upLimit } from '../compose/config.ts'
import type { VerifyAnswer } from '../release/answers.ts'
import { DiskFull } from '../release/program-failure.ts'
import type { EnvPolicy, Release } from '../release/record.ts'
import { type AdoptRequest, adopt } from './adopt.ts'
import type { Candidate } from './candidate.ts'
import type { Context } from './context.ts'
import type { SwitchOptions } from './options.ts'
import type { Plan } from './plan.ts'
import type { Project } from './project.ts'
import { missingEnv, type RollbackPoint } from './rollback-point.ts'

/** What the server has before a switch. */
export interface PresentState extends Pick<AdoptRequest, 'project' | 'containers' | 'services' | 'paths'> {
  /** What the coming release does with `.env`. */
  readonly env: EnvPolicy
  /** Milliseconds for `up` on a rollback. */
  readonly upLimit: number
}

/** What the server has before the switch of a deploy. */
export function presentState(
  { running }: Pick<Plan, 'running'>,
  { config, containers, payload, leaving }: Candidate,
  { health }: Pick<SwitchOptions, 'health'>,
): PresentState {
  const env = payload.env === undefined ? 'kept' : 'written'
  const paths = [...payload.entries.map(entry => entry.path), ...leaving]
  const limit = upLimit(config.services, health.waitTimeout)
  return { project: config.name, containers, services: running, paths, env, upLimit: limit }
}

/** The same before a manual rollback to a release, which the server was compared with. */
export function presentStateOfRollback(
  target: Release,
  { running }: Pick<Plan, 'running'>,
  { containers, differences }: Pick<VerifyAnswer, 'containers' | 'differences'>,
  { health }: Pick<SwitchOptions, 'health'>,
): PresentState {
  const paths = differences.map(({ path }) => path).filter(path => path !== '.env')
  const { project, env } = target
  return { project, containers, services: running, paths, env, upLimit: health.waitTimeout }
}

export interface Recorded {
  readonly rollbackTarget: Release
  /** The release that was made of the present state, if any. */
  readonly saved: readonly Release[]
}

/** Records the present state as the plan decided: as the rollback target, or beside it, or not at all. */
export async function recordPresent(
  point: RollbackPoint,
  { env, upLimit, ...present }: PresentState,
  { onFailure }: Pick<SwitchOptions, 'onFailure'>,
  project: Project,
  context: Context,
): Promise<Recorded> {
  const upTimeout = upLimit / 1_000
  const save = (phase: string, reason: string, state: AdoptRequest['state']) =>
    context.phase(phase, () => adopt({ ...present, reason, state, upTimeout, onFailure }, project, context))
  if (point.kind === 'adopt') {
    const rollbackTarget = await save('Record the rollback point', point.reason, 'confirmed')
    return { rollbackTarget, saved: [rollbackTarget] }
  }
  const saved = point.save === undefined ? [] : [await save('Save the present state', point.save, 'staged')]
  const warning = missingEnv(point, project.store, env, saved[0]?.id)
  if (warning !== undefined) context.log.warning(warning.text, warning.title)
  return { rollbackTarget: point.release, saved }
}

/**
 * The same before a rollback that people asked for, which a full disk does not prevent: the room that is kept on it is for the rollback
 * itself. What is not saved is named. Without a rollback target, nothing verified is left to return to.
 */
export async function recordPresentIfRoom(
  point: RollbackPoint,
  present: PresentState,
  options: Pick<SwitchOptions, 'onFailure'>,
  project: Project,
  context: Context,
): Promise<{ readonly rollbackTarget: Release | undefined; readonly saved: readonly Release[] }> {
  try {
    return await recordPresent(point, present, options, project, context)
  } catch (thrown) {
    if (!(thrown instanceof DiskFull)) throw thrown
    const { held } = project.store
    const reason = point.kind === 'adopt' ? point.reason : point.save
    context.log.warning(
      `The disk of the server is full, and the rollback needs the room that is left: what the server has now is not saved. What it replaces or removes of this is lost: ${reason}.`,
      'Rollback without a copy of the present state',
    )
    const verified = held?.state === 'confirmed' ? held : undefined
    return { rollbackTarget: point.kind === 'adopt' ? verified : point.release, saved: [] }
  }
}
