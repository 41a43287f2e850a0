import type { ComposeConfig, Service } from '@deploy-actions/core/compose/config'
import { pinTag } from '@deploy-actions/core/compose/pins'
import { roleOf } from '@deploy-actions/core/compose/x-deploy'
import type { LocalImage } from '@deploy-actions/core/release/images'
import { loginRegistries, lookUpImages, pullImages } from '@deploy-actions/core/release/images'
import type { ReleaseRecord, ServiceRecord } from '@deploy-actions/core/release/record'
import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Inputs } from './inputs.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

/** What to do for the images of a release: decided without a call. */
export interface ImagePlan {
  /** References to fetch, each once. */
  readonly pull: readonly string[]
  /** Service to the image id that it keeps, however its tag moved upstream. */
  readonly keep: ReadonlyMap<string, ServiceRecord>
}

/**
 * An accessory (a database, a cache) keeps the image that it runs for as long as its reference in the compose file stays, so
 * that a deploy of the application never restarts it because a tag moved upstream.
 */
export function planImages(
  services: readonly Service[],
  images: readonly string[],
  pull: Inputs['pull'],
  before: ReleaseRecord | undefined,
  local: ReadonlySet<string>,
): ImagePlan {
  const recorded = new Map(before?.services.map(service => [service.name, service]))
  const keep = new Map<string, ServiceRecord>()
  const wanted = new Set<string>()
  for (const service of services) {
    if (service.image === undefined) continue
    const runs = recorded.get(service.name)
    if (roleOf(service, images) === 'accessory' && runs?.image === service.image) keep.set(service.name, runs)
    else if (pull === 'always' || (pull === 'missing' && !local.has(service.image))) wanted.add(service.image)
  }
  return { pull: [...wanted], keep }
}

/** Brings the images of a configuration to the server, and says exactly which ones they are. */
export async function bringImages(
  config: ComposeConfig,
  before: ReleaseRecord | undefined,
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<ServiceRecord[]> {
  const references = [...new Set(config.services.map(imageOf))]
  const here = inputs.pull === 'missing' ? await lookUpImages(session.host, references) : new Map<string, LocalImage>()
  const local = new Set([...here].flatMap(([reference, image]) => (image ? [reference] : [])))
  const plan = planImages(config.services, inputs.images, inputs.pull, before, local)
  if (plan.pull.length > 0) await fetchImages(plan.pull, inputs, session, world)
  const found = await lookUpImages(session.host, references)
  return config.services.map(service => {
    const kept = plan.keep.get(service.name)
    return kept ?? freshRecord(service, found.get(imageOf(service)))
  })
}

/** Pulls images under the logins of the inputs; what Docker stores of these is gone when it returns. */
export async function fetchImages(
  images: readonly string[],
  inputs: Inputs,
  session: Session,
  world: World,
): Promise<void> {
  const config = inputs.registries.length > 0 ? `${session.temporary}/docker` : undefined
  try {
    if (config !== undefined) await loginRegistries(session.host, config, inputs.registries)
    await pullImages(session.host, {
      images,
      config,
      timeout: inputs.pullTimeout,
      onLine: (image, line) => {
        if (isProgress(line)) world.log.info(`  ${image}: ${line}`)
      },
      signal: world.signal,
    })
  } finally {
    // The logins have done their work; the server's guard removes them too, should this not arrive.
    if (config !== undefined) await session.host.run({ argv: ['rm', '-rf', config], timeout: 30_000 })
  }
}

/** Docker writes several lines a layer; the finished ones are enough to see that it goes on. */
function isProgress(line: string): boolean {
  return /Pull complete|Already exists|^Digest:|^Status:/.test(line)
}

function imageOf(service: Service): string {
  if (service.image !== undefined) return service.image
  throw new ActionError({
    title: 'A service has no image',
    message: `${service.name} has ${service.build ? '`build:` but no `image:`' : 'no `image:`'}; a release needs an image that can be found again.`,
    next: 'Build and push the image in an earlier step, and name it with `image:` in the compose file.',
  })
}

function freshRecord(service: Service, image: LocalImage | undefined): ServiceRecord {
  const reference = imageOf(service)
  if (image === undefined) {
    throw new ActionError({
      title: `Image ${reference} is not on the server`,
      message: `${service.name} needs ${reference}, and \`pull\` does not allow to fetch it.`,
      next: 'Set `pull: always`, or bring the image to the server first.',
    })
  }
  const repository = reference.replace(/@.*$/, '').replace(/:[^:/]+$/, '')
  const digest = image.digests.find(candidate => candidate.startsWith(`${repository}@`)) ?? image.digests[0]
  return {
    name: service.name,
    image: reference,
    imageId: image.id,
    pin: pinTag(reference, image.id),
    ...(digest === undefined ? {} : { digest }),
  }
}
