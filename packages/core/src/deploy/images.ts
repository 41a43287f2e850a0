import type { ComposeConfig, Service } from '../compose/config.ts'
import type { ContainerState } from '../compose/containers.ts'
import { pinTag } from '../compose/pins.ts'
import { roleOf } from '../compose/x-deploy.ts'
import type { LocalImages } from '../release/answers.ts'
import type { ServiceRecord } from '../release/record.ts'
import { serviceContainers } from '../release/running.ts'
import type { ActionErrorParts } from '../values/action-error.ts'
import { mountsLabel } from './mounts.ts'
import type { PullPolicy } from './options.ts'

/** What to do for the images of a release: decided without a call. */
export interface ImageChoice {
  /** References to pull, each once. */
  readonly pull: readonly string[]
  /** Service to the image that it keeps, however its tag moved upstream. */
  readonly keep: ReadonlyMap<string, ServiceRecord>
}

/**
 * An accessory (a database, a cache) keeps the image that it runs for as long as its reference in the compose file stays, so
 * that a deploy of the application never restarts it because a tag moved upstream.
 */
export function chooseImages(
  services: readonly Service[],
  options: { readonly images: readonly string[]; readonly pull: PullPolicy },
  running: readonly ServiceRecord[],
  local: LocalImages,
): ImageChoice {
  const recorded = new Map(running.map(service => [service.name, service]))
  const keep = new Map<string, ServiceRecord>()
  const wanted = new Set<string>()
  for (const service of services) {
    if (service.image === undefined) continue
    const runs = recorded.get(service.name)
    if (roleOf(service, options.images) === 'accessory' && runs?.image === service.image) keep.set(service.name, runs)
    else if (isPulled(service, options.pull, local.get(service.image) !== undefined)) wanted.add(service.image)
  }
  return { pull: [...wanted], keep }
}

/** The policy of a service counts as it does for `docker compose pull`; a deploy that pulls nothing wins over it. */
function isPulled({ pullPolicy }: Service, pull: PullPolicy, isHere: boolean): boolean {
  const policy = pull === 'never' ? pull : (pullPolicy ?? pull)
  switch (policy) {
    case 'never':
    case 'build':
      return false
    case 'missing':
    case 'if_not_present':
      return !isHere
    default:
      // `daily` and the like are for servers that start a service without a deploy.
      return true
  }
}

/** Services without an image that can be pulled again, and images that are not on the server and must not be pulled. */
export function imageProblems(
  config: ComposeConfig,
  { pull, keep }: ImageChoice,
  local: LocalImages,
): ActionErrorParts[] {
  return config.services.flatMap(({ name, image, build, pullPolicy }): ActionErrorParts[] => {
    if (image === undefined) {
      return [
        {
          title: `Service ${name} has no image`,
          message: `${name} has ${build ? '`build:` but no `image:`' : 'no `image:`'}; a release needs an image that can be pulled again.`,
          next: 'Build and push the image in an earlier step, and name it with `image:` in the compose file.',
        },
      ]
    }
    if (keep.has(name) || pull.includes(image) || local.get(image) !== undefined) return []
    return [
      {
        title: `Image ${image} is not on the server`,
        message: `${name} needs ${image}, and ${pullPolicy === undefined ? 'the input `pull`' : `its \`pull_policy: ${pullPolicy}\` or the input \`pull\``} does not allow a pull.`,
        next: `Set \`pull: always\`${pullPolicy === undefined ? '' : ' and remove the `pull_policy`'}, or load the image on the server first.`,
      },
    ]
  })
}

/** The services as a release records them. A service whose image is not on the server yet is left out. */
export function resolveServices(
  config: ComposeConfig,
  { keep }: ImageChoice,
  local: LocalImages,
  mountsOf: (service: Service) => string | undefined,
): ServiceRecord[] {
  return config.services.flatMap(service => {
    const found = keep.get(service.name) ?? freshRecord(service, local, config.name)
    if (found === undefined) return []
    const { mounts: _before, found: _state, ...record } = found
    const mounts = mountsOf(service)
    return [mounts === undefined ? record : { ...record, mounts }]
  })
}

function freshRecord({ name, image }: Service, local: LocalImages, project: string): ServiceRecord | undefined {
  const found = image === undefined ? undefined : local.get(image)
  if (image === undefined || found === undefined) return undefined
  const digest = digestOf(image, found.digests)
  const pin = pinTag(image, found.id, project)
  return { name, image, imageId: found.id, pin, ...(digest === undefined ? {} : { digest }) }
}

function digestOf(reference: string, digests: readonly string[]): string | undefined {
  const repository = reference.replace(/@.*$/, '').replace(/:[^:/]+$/, '')
  return digests.find(candidate => candidate.startsWith(`${repository}@`)) ?? digests[0]
}

/** In Docker's words: a record must not hold what a healthcheck prints. */
function stateUnlessHealthy({ state, health, exitCode }: ContainerState): string[] {
  if (state === 'running') return health === 'unhealthy' ? [health] : []
  return [state === 'exited' ? `exited (${exitCode})` : state]
}

/** The services that run now, as a release would record them; in the words of an earlier record where it knows the image. */
export function runningServices(
  containers: readonly ContainerState[],
  recorded: readonly ServiceRecord[],
  local: LocalImages,
  project: string,
): ServiceRecord[] {
  const present = serviceContainers(containers)
  const byService = new Map(present.map(container => [container.service, container]))
  return [...byService.values()].map(({ service, imageId, imageRef, labels }) => {
    const known = recorded.find(record => record.name === service && record.imageId === imageId)
    const digest = known?.digest ?? digestOf(imageRef, local.get(imageId)?.digests ?? [])
    const mounts = labels[mountsLabel]
    const state = present.filter(container => container.service === service).flatMap(stateUnlessHealthy)[0]
    return {
      name: service,
      image: known?.image ?? imageRef,
      imageId,
      pin: pinTag(known?.image ?? imageRef, imageId, project),
      ...(digest === undefined ? {} : { digest }),
      ...(mounts === undefined ? {} : { mounts }),
      ...(state === undefined ? {} : { found: state }),
    }
  })
}
