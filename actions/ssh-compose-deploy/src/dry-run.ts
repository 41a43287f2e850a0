import { parseChecksums } from '@deploy-actions/core/host/manifest'
import { openScratch } from '@deploy-actions/core/host/scratch'
import { containersOf } from '@deploy-actions/core/release/health'
import { lookUpImages } from '@deploy-actions/core/release/images'
import { layoutOf } from '@deploy-actions/core/release/layout'
import { compareChecksums } from '@deploy-actions/core/release/manifest'
import { findTarget, nameOf } from '@deploy-actions/core/release/record'
import { surveyStore } from '@deploy-actions/core/release/survey'
import { bringFiles } from './bring-files.ts'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { type Difference, planLines } from './plan.ts'
import { lookAtServer, refuseForeignProject } from './project.ts'
import { collectShipment } from './shipment.ts'
import type { World } from './world.ts'

/** Finds what a run would do, in a scratch folder that goes with it, and changes nothing. */
export async function dryRun(inputs: Inputs, world: World): Promise<Outcome> {
  const shipment = inputs.mode === 'deploy' ? await collectShipment(inputs, world) : undefined
  await using host = await world.timeline.phase('Connect', () => world.connect())
  const path = (await lookAtServer(host, inputs, world)) ?? inputs.path
  const store = await surveyStore(host, path, world.mark)
  const { current } = store
  const headline = (what: string) => `Dry run: ${what}; nothing was changed`
  if (shipment === undefined) {
    const target = findTarget(store.releases, current?.id, inputs.to)
    return {
      result: 'unchanged',
      release: current,
      previous: current,
      headline: headline(`would go back to ${nameOf(target)}`),
    }
  }
  await using scratch = await openScratch(host)
  const destination = { host, layout: layoutOf(path), store, temporary: scratch.folder }
  const { config } = await bringFiles(shipment, destination, inputs, world)
  const containers = await containersOf(host, config.name)
  refuseForeignProject(config.name, containers, path)
  const local = await lookUpImages(
    host,
    config.services.flatMap(service => service.image ?? []),
  )
  const difference: Difference = {
    project: config.name,
    files: compareChecksums(parseChecksums(store.manifest), parseChecksums(shipment.manifest)),
    drift: store.drift,
    env: shipment.env === undefined ? 'kept' : 'written',
    services: config.services.map(({ name, image }) => ({
      name,
      image: image ?? '',
      isLocal: local.get(image ?? '') !== undefined,
      before: current?.services.find(service => service.name === name)?.image,
    })),
    gone: (current?.services ?? [])
      .map(({ name }) => name)
      .filter(name => !config.services.some(service => service.name === name)),
    pull: inputs.pull,
  }
  return {
    result: 'unchanged',
    release: current,
    previous: current,
    headline: headline(`would deploy to ${inputs.path} on ${host.name}`),
    details: planLines(difference),
  }
}
