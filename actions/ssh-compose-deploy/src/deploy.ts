import type { ComposeConfig } from '@deploy-actions/core/compose/config'
import type { ContainerState } from '@deploy-actions/core/compose/containers'
import { containersOf, waitForHealth } from '@deploy-actions/core/release/health'
import { pinsOf, tagImages } from '@deploy-actions/core/release/images'
import { planPrune, prune } from '@deploy-actions/core/release/prune'
import { isGood, nameOf, type ReleaseRecord } from '@deploy-actions/core/release/record'
import { storeRelease } from '@deploy-actions/core/release/store'
import { type StoreSurvey, surveyStore } from '@deploy-actions/core/release/survey'
import { bringFiles } from './bring-files.ts'
import { bringImages } from './bring-images.ts'
import { describeRelease } from './describe-release.ts'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { openProject, refuseForeignProject } from './project.ts'
import type { Session } from './session.ts'
import { collectShipment } from './shipment.ts'
import { switchOver } from './switch-over.ts'
import { recordWayBack } from './way-back.ts'
import type { World } from './world.ts'

/** From files in the workspace to a healthy release on the server. */
export async function deploy(inputs: Inputs, world: World): Promise<Outcome> {
  const { timeline } = world
  const shipment = await timeline.phase('Read the workspace', () => collectShipment(inputs, world))
  await using session = await openProject(inputs, world)
  const store = await surveyStore(session.host, session.layout.project, world.mark)

  const { host, layout, temporary } = session
  const { folder, config, configFolder } = await bringFiles(shipment, { host, layout, store, temporary }, inputs, world)
  const containers = await containersOf(session.host, config.name)
  refuseForeignProject(config.name, containers, session.layout.project)
  const wayBack = await timeline.phase('Record the way back', () =>
    recordWayBack(
      { store, containers, project: config.name, shipped: shipment.entries.map(entry => entry.path) },
      inputs,
      session,
      world,
    ),
  )
  const services = await timeline.phase('Pull the images', () => bringImages(config, wayBack, inputs, session, world))

  const taken = [...store.releases.map(release => release.id), wayBack.id]
  const documents = describeRelease(
    { config, configFolder, services, shipment, previous: wayBack, taken, now: world.clock.now(), by: world.by },
    inputs,
  )
  const target = documents.record
  if (isSame(target, store, containers) && (await isHealthy(config, session, world))) {
    const release = store.current
    return {
      result: 'unchanged',
      release,
      previous: release,
      headline: `Nothing to do: ${nameOf(release ?? target)} runs`,
    }
  }
  await timeline.phase('Record the release', async () => {
    await tagImages(session.host, pinsOf(services))
    await storeRelease(session.host, session.layout, folder, documents)
  })
  const outcome = await switchOver({ target, previous: wayBack, wayBack, result: 'deployed' }, inputs, session, world)
  if (outcome.failure === undefined) {
    await timeline.phase('Prune old releases', () =>
      pruneReleases(
        { releases: [...store.releases, wayBack], target: outcome.release ?? target, wayBack },
        inputs,
        session,
        world,
      ),
    )
  }
  return outcome
}

/** Whether the release would be the current one again, to the byte, and the current one's images still run. */
function isSame(
  target: ReleaseRecord,
  { current, drift }: StoreSurvey,
  containers: readonly ContainerState[],
): boolean {
  if (current === undefined || !isGood(current) || drift.length > 0) return false
  if (current.fingerprint !== target.fingerprint) return false
  const running = new Map(containers.map(container => [container.service, container.imageId]))
  return current.services.every(service => running.get(service.name) === service.imageId)
}

async function isHealthy(config: ComposeConfig, session: Session, world: World): Promise<boolean> {
  const options = { project: config.name, services: config.services, timeout: 0, settle: 0, onChange: () => {} }
  return (await waitForHealth(session.host, options, world.clock)).healthy
}

async function pruneReleases(
  { releases, target, wayBack }: { releases: readonly ReleaseRecord[]; target: ReleaseRecord; wayBack: ReleaseRecord },
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<void> {
  const unique = [...new Map([...releases, target].map(release => [release.id, release])).values()]
  const plan = planPrune(unique, [target.id, wayBack.id], inputs.keepReleases)
  const tags = await prune(session.host, session.layout, plan)
  if (plan.releases.length > 0) {
    world.log.info(`  forgot ${plan.releases.length} releases; ${tags.length} image tags went with them`)
  }
}
