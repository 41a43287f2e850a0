import { findTarget } from '../release/chain.ts'
import { isFinal } from '../release/pending.ts'
import type { Release } from '../release/record.ts'
import type { StoreSurvey } from '../release/survey.ts'
import { stageCandidate } from './candidate.ts'
import type { Context } from './context.ts'
import { checkHealthRoute } from './health-route.ts'
import type { Operation } from './operation.ts'
import type { DeployOptions, RollbackOptions } from './options.ts'
import { readWorkspace } from './payload.ts'
import { plan, planRollback } from './plan.ts'
import { checkDisk } from './preflight.ts'
import { surveyProject } from './project.ts'
import { refuse } from './refuse.ts'

/** What a run would do. */
export interface Preview {
  readonly hostName: string
  /** The Compose project's name. */
  readonly project: string
  /** The release that the server has now. */
  readonly held: Release | undefined
  /** The release that a rollback would lead to. */
  readonly target: Release | undefined
  readonly operations: readonly Operation[]
}

/** Plans a deploy in a folder outside of the project, which goes with it. Changes nothing, refuses what a deploy refuses. */
export async function previewDeploy(options: DeployOptions, context: Context): Promise<Preview> {
  const payload = await readWorkspace(options.source, context)
  await using surveyed = await surveyProject(options, context)
  const { host, program, server, store } = surveyed
  warnOfUnfinished(store, context)
  await checkHealthRoute(options.health.url, host, context)
  checkDisk(server, host.name)
  await using scratch = await program.openScratch()
  const { projectName } = options
  const candidate = await context.phase('Upload to a temporary folder and check', () =>
    stageCandidate(payload, { program, folder: scratch.folder, store, projectName }, context),
  )
  const made = plan({ path: options.path, server, store }, candidate, options, candidate.images)
  refuse(made.problems)
  for (const { title, text } of made.warnings) context.log.warning(text, title)
  const { name } = candidate.config
  return { hostName: host.name, project: name, held: store.held, target: undefined, operations: made.operations }
}

/** Plans a rollback. Changes nothing. */
export async function previewRollback(options: RollbackOptions, context: Context): Promise<Preview> {
  await using surveyed = await surveyProject(options, context)
  const { host, program, server, store } = surveyed
  warnOfUnfinished(store, context)
  const target = findTarget(store.releases, store.held, options.to)
  const present = await program.verify(target.id)
  const made = planRollback({ path: options.path, server, store }, target, present)
  refuse(made.problems)
  return { hostName: host.name, project: target.project, held: store.held, target, operations: made.operations }
}

function warnOfUnfinished({ pending }: StoreSurvey, { log }: Context): void {
  if (pending === undefined || isFinal(pending.phase)) return
  log.warning(
    `The switch to ${pending.target} by another run is not completed (${pending.phase}). A run would first confirm it or roll it back; this plan is of the state before.`,
    'Unfinished deploy',
  )
}
