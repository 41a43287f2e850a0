import { findTarget } from '../release/chain.ts'
import { nameOf, type Release } from '../release/record.ts'
import type { Context } from './context.ts'
import { switchOver } from './endings.ts'
import { checkHealthRoute } from './health-route.ts'
import type { RollbackOptions } from './options.ts'
import { planRollback } from './plan.ts'
import { type Project, withProject } from './project.ts'
import { restoreImages } from './pull.ts'
import { reconcile } from './reconcile.ts'
import { presentStateOfRollback, recordPresentIfRoom } from './record-present.ts'
import { refuse } from './refuse.ts'
import type { Outcome } from './result.ts'
import { orPresent } from './untouched.ts'

/** Rolls back manually to an earlier release: its files, its environment, its very images. */
export function rollback(options: RollbackOptions, context: Context): Promise<Outcome> {
  return withProject(options, context, (project, underLock) =>
    orPresent(project, options.path, underLock.signal, () => rollbackIn(project, options, underLock)),
  )
}

async function rollbackIn(project: Project, options: RollbackOptions, context: Context): Promise<Outcome> {
  await checkHealthRoute(options.health.url, project.host, context)
  const before = project.store.pending
  const reconciled = await reconcile(options, project, context, options.to)
  if (reconciled.kind === 'rolled-back' && options.to === '') {
    const { release } = reconciled
    const previous = project.store.releases.find(({ id }) => id === before?.target)
    return { result: 'rolled-back', release, previous, headline: `Rolled back to ${nameOf(release)}` }
  }
  const { store, server, program, path } = project
  const { held } = store
  const target = findTarget(store.releases, held, options.to)
  const present = await program.verify(target.id)
  const plan = planRollback({ path, server, store }, target, present)
  refuse(plan.problems)
  await context.phase('Check the images of the release', () => restoreImages(target, options, project, context))
  const recorded = await recordPresentIfRoom(
    plan.rollbackPoint,
    presentStateOfRollback(target, plan, present, options),
    options,
    project,
    context,
  )
  const rollbackTarget = elsewhere(recorded.rollbackTarget, target)
  const replaced = recorded.saved[0] ?? held
  return switchOver(
    { target, services: undefined, rollbackTarget, previous: held, direction: 'backward', replaced },
    options,
    project,
    context,
  )
}

/** After a deploy that was kept, the confirmed release is what is rolled back to: nothing is left for a second rollback. */
function elsewhere(point: Release | undefined, target: Release): Release | undefined {
  return point?.id === target.id ? undefined : point
}
