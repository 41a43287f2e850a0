import { containersOf } from '@deploy-actions/core/release/health'
import { lookUpImages } from '@deploy-actions/core/release/images'
import { releaseFiles } from '@deploy-actions/core/release/layout'
import { findTarget, isGood, nameOf, type ReleaseRecord } from '@deploy-actions/core/release/record'
import { differingFiles } from '@deploy-actions/core/release/stage'
import { markRelease } from '@deploy-actions/core/release/store'
import { surveyStore } from '@deploy-actions/core/release/survey'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { fetchImages } from './bring-images.ts'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { openProject, refuseForeignProject } from './project.ts'
import type { Session } from './session.ts'
import { switchOver } from './switch-over.ts'
import { recordWayBack } from './way-back.ts'
import type { World } from './world.ts'

/** Goes back by hand to an earlier release: its files, its environment, its very images. */
export async function rollBack(inputs: Inputs, world: World): Promise<Outcome> {
  const { timeline } = world
  await using session = await openProject(inputs, world)
  const store = await surveyStore(session.host, session.layout.project, world.mark)
  const { current, releases } = store
  const target = findTarget(releases, current?.id, inputs.to)
  const containers = await containersOf(session.host, target.project)
  refuseForeignProject(target.project, containers, session.layout.project)
  await timeline.phase('Check the release', async () => {
    await refuseSpoiled(target, session)
    await restoreImages(target, inputs, session, world)
  })
  const wayBack =
    current === undefined || isGood(current)
      ? await timeline.phase('Record the way back', () =>
          recordWayBack({ store, containers, project: target.project, shipped: [] }, inputs, session, world),
        )
      : undefined
  const outcome = await switchOver(
    { target, previous: current, wayBack, result: 'rolled-back' },
    inputs,
    session,
    world,
  )
  if (outcome.failure === undefined && wayBack !== undefined) {
    const reason = `left for ${nameOf(target)} by ${world.by}`
    await markRelease(session.host, session.layout, wayBack, 'rolled-back', new Date(world.clock.now()), reason)
  }
  return outcome
}

/** A release goes live as it was, or not at all. */
async function refuseSpoiled(target: ReleaseRecord, { host, layout }: Session): Promise<void> {
  const folder = `${layout.releases}/${target.id}`
  const path = `${folder}/${releaseFiles.manifest}`
  const wrong = await differingFiles(host, `${folder}/${releaseFiles.files}`, { path })
  if (wrong === '') return
  throw new ActionError({
    title: `Release ${nameOf(target)} is spoiled`,
    message: `Its files on the server are not what was deployed:\n${wrong}`,
    next: 'Choose another release, or deploy that commit again. What runs was not touched.',
  })
}

/** The target's images as they were: still on the server, or else by digest from the registry. Its script tags them again. */
async function restoreImages(target: ReleaseRecord, inputs: Inputs, session: Session, world: World): Promise<void> {
  const here = await lookUpImages(session.host, [...new Set(target.services.map(service => service.imageId))])
  const missing = target.services.filter(service => here.get(service.imageId) === undefined)
  if (missing.length === 0) return
  const digests = missing.map(({ name, image, digest }) => {
    if (digest !== undefined) return digest
    throw new ActionError({
      title: `The image of ${name} is gone`,
      message: `${image} of release ${nameOf(target)} is not on the server any more, and it never came from a registry.`,
      next: 'Choose another release, or deploy that commit again.',
    })
  })
  world.log.info(`  fetching ${missing.map(service => service.name).join(', ')} again, by digest`)
  await fetchImages([...new Set(digests)], inputs, session, world)
}
