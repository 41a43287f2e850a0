import type { ContainerState } from '@deploy-actions/core/compose/containers'
import { adopt, reasonToAdopt } from '@deploy-actions/core/release/adopt'
import { holdImages } from '@deploy-actions/core/release/images'
import { isGood, newReleaseId, type ReleaseRecord } from '@deploy-actions/core/release/record'
import type { StoreSurvey } from '@deploy-actions/core/release/survey'
import type { Inputs } from './inputs.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

/** What a run met on the server, and what it is about to replace there. */
export interface Found {
  readonly store: StoreSurvey
  readonly containers: readonly ContainerState[]
  readonly project: string
  /** Paths that the coming release brings. */
  readonly shipped: readonly string[]
}

/**
 * The release to go back to should this deploy fail. What runs and is not on record, as it was started or changed by hand,
 * or nothing at all, becomes a release first.
 */
export async function recordWayBack(
  found: Found,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<ReleaseRecord> {
  const { store, containers, project } = found
  const reason = reasonToAdopt(store, containers)
  const wayBack = reason === undefined ? lastGood(store) : await adoptFound(reason, found, inputs, session, world)
  await holdImages(
    session.host,
    project,
    wayBack.services.map(service => service.imageId),
  )
  return wayBack
}

function adoptFound(
  reason: string,
  { store, containers, project, shipped }: Found,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<ReleaseRecord> {
  const now = world.clock.now()
  if (containers.length > 0) world.log.info(`  recording what runs now as a release: ${reason}`)
  return adopt(session.host, session.layout, {
    id: newReleaseId(
      now,
      'found',
      store.releases.map(release => release.id),
    ),
    now: new Date(now),
    by: world.by,
    project,
    containers,
    store,
    shipped,
    upTimeout: inputs.waitTimeout / 1_000,
    reason,
    folder: `${session.temporary}/found`,
    mark: world.mark,
  })
}

/** The current release, or when it never was healthy (a deploy that was cut off) the newest good one before it. */
function lastGood({ current, releases }: StoreSurvey): ReleaseRecord {
  const good = releases.filter(release => isGood(release) && (current === undefined || release.id <= current.id))
  const newest = good.sort((a, b) => (a.id < b.id ? 1 : -1))[0]
  const found = current !== undefined && isGood(current) ? current : newest
  if (found === undefined) throw new Error('the store has releases, but none was ever good')
  return found
}
