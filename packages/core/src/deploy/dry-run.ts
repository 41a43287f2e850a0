import { differingNames } from '../compose/env-differences.ts'
import { ConnectionLost } from '../host/host-error.ts'
import { findTarget } from '../release/chain.ts'
import { isFinal } from '../release/pending.ts'
import type { ProjectProgram } from '../release/project-program.ts'
import type { Release } from '../release/record.ts'
import type { StoreSurvey } from '../release/survey.ts'
import { ActionError } from '../values/action-error.ts'
import { copyPresent, type Place } from './adopt.ts'
import { stageCandidate } from './candidate.ts'
import type { Context } from './context.ts'
import { checkHealthRoute } from './health-route.ts'
import type { Operation } from './operation.ts'
import type { DeployOptions, RollbackOptions, SwitchOptions } from './options.ts'
import { readWorkspace } from './payload.ts'
import { plan, planRollback } from './plan.ts'
import { checkDisk } from './preflight.ts'
import { surveyProject } from './project.ts'
import { missingImages } from './pull.ts'
import { type PresentState, presentState, presentStateOfRollback } from './record-present.ts'
import { checkPlan, refuse } from './refuse.ts'
import type { RollbackPoint } from './rollback-point.ts'
import { orPresent, type Present, presentOf } from './untouched.ts'
import { isUnchanged } from './verify.ts'

/** What a run would do. */
export interface Preview {
  readonly hostName: string
  /** The Compose project's name. */
  readonly project: string
  /** What the server runs now. */
  readonly present: Present
  /** The release that a rollback would lead to. */
  readonly target: Release | undefined
  /** The release that runs and is the same in everything: unless a pull brings another image, a deploy would end there. */
  readonly same: Release | undefined
  readonly operations: readonly Operation[]
}

/** Plans a deploy in a folder outside of the project, which goes with it. Changes nothing, refuses what a deploy refuses. */
export async function previewDeploy(options: DeployOptions, context: Context): Promise<Preview> {
  const { path, projectName } = options
  const payload = await readWorkspace(options.source, context)
  await using surveyed = await surveyProject(options, context)
  return await orPresent(surveyed, path, context.signal, async () => {
    const { host, program, server, store } = surveyed
    warnOfUnfinished(store, context)
    await checkHealthRoute(options.health.url, host, context)
    checkDisk(server, host.name)
    await using scratch = await program.openScratch()
    const { folder } = scratch
    const candidate = await context.phase('Upload to a temporary folder and check', () =>
      stageCandidate(payload, { program, folder, store, projectName, place: ' to a temporary folder' }, context),
    )
    const made = plan({ path, server, store }, candidate, options, candidate.images)
    checkPlan(made, candidate.warnings, context.log)
    const { config, containers } = candidate
    const isSame = made.same !== undefined && (await isUnchanged(made.same, config.services, surveyed))
    if (!isSame) {
      const place = { program, server, store, path, folder }
      await checkRollbackPoint(made.rollbackPoint, presentState(made, candidate, options), options, place, context)
    }
    return {
      hostName: host.name,
      project: config.name,
      present: presentOf(store.held, containers),
      target: undefined,
      same: isSame ? made.same : undefined,
      operations: isSame ? made.operations.filter(({ kind }) => kind === 'pull') : made.operations,
    }
  })
}

/** Plans a rollback. Changes nothing, refuses what a rollback refuses. */
export async function previewRollback(options: RollbackOptions, context: Context): Promise<Preview> {
  const { path } = options
  await using surveyed = await surveyProject(options, context)
  return await orPresent(surveyed, path, context.signal, async () => {
    const { host, program, server, store } = surveyed
    warnOfUnfinished(store, context)
    await checkHealthRoute(options.health.url, host, context)
    const target = findTarget(store.releases, store.held, options.to)
    const present = await program.verify(target.id)
    const made = planRollback({ path, server, store }, target, present, await envNames(target, program))
    refuse(made.problems)
    await using scratch = await program.openScratch()
    const place = { program, server, store, path, folder: scratch.folder }
    const digests = await context.phase('Check the images of the release', () =>
      missingImages(target, options, place, context),
    )
    const state = presentStateOfRollback(target, made, present, options)
    await checkRollbackPoint(made.rollbackPoint, state, options, place, context)
    return {
      hostName: host.name,
      project: target.project,
      present: presentOf(store.held, present.containers),
      target,
      same: undefined,
      operations: [...digests.map(image => ({ kind: 'pull', image }) as const), ...made.operations],
    }
  })
}

/** The names whose values the `.env` of a rollback target changes: a plan without them is better than none. */
async function envNames(target: Release, program: ProjectProgram): Promise<readonly string[] | undefined> {
  if (target.env !== 'written') return undefined
  try {
    return differingNames(...(await program.readEnvs(['present', target])))
  } catch (thrown) {
    if (thrown instanceof ActionError && !(thrown instanceof ConnectionLost)) return undefined
    throw thrown
  }
}

/** Whether the present state can be recorded, where the run would roll back to it. */
async function checkRollbackPoint(
  point: RollbackPoint,
  present: PresentState,
  { onFailure }: Pick<SwitchOptions, 'onFailure'>,
  place: Place,
  context: Context,
): Promise<void> {
  // Where nothing runs, nothing can keep the state from being recorded, and the directory need not be there yet.
  if (point.kind !== 'adopt' || present.containers.length === 0) return
  await context.phase('Check the rollback point', () =>
    copyPresent({ ...present, state: 'confirmed', onFailure }, place, context),
  )
}

function warnOfUnfinished({ pending }: StoreSurvey, { log }: Context): void {
  if (pending === undefined || isFinal(pending.phase)) return
  log.warning(
    `The switch to ${pending.target} by another run was not completed (${pending.phase}). A run would first confirm it or roll it back; this plan is for the state before that.`,
    'Unfinished deploy',
  )
}
