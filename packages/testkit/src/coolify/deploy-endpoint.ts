import { type Answer, json, message, serverError } from './answer.ts'
import { isTrue, isTruthy } from './api-request.ts'
import type { Call, Handler } from './call.ts'
import { QUEUE_FULL, SKIPPED } from './deployment-queue.ts'
import { type Application, type Database, publicId, type Service } from './resources.ts'
import { STARTING } from './services.ts'

interface Started {
  readonly message: string
  readonly deployment_uuid?: string
}

/** Stops the whole list. */
function full({ instance }: Call): Answer {
  return message(429, QUEUE_FULL, { 'retry-after': String(instance.queueRetryAfter) })
}

/**
 * `POST /deploy`.
 * https://github.com/coollabsio/coolify/blob/379abb252621/app/Http/Controllers/Api/DeployController.php#L384
 */
export const deploy: Handler = call => {
  const { input } = call.request
  const { profile } = call.instance
  const { uuid: uuids, tag: tags } = input
  const force = profile.looseForce ? isTruthy(input['force']) : isTrue(input['force'])
  const asked = profile.dockerTag && 'pull_request_id' in input ? input['pull_request_id'] : input['pr']
  const pr = Math.max(Number.parseInt(String(asked ?? 0), 10) || 0, 0)
  const dockerTag = profile.dockerTag && typeof input['docker_tag'] === 'string' ? input['docker_tag'] : null
  if (uuids && tags) return message(400, 'You can only use uuid or tag, not both.')
  if (tags && pr) return message(400, 'You can only use tag or pr, not both.')
  if (dockerTag && pr === 0) return message(400, 'docker_tag requires pull_request_id.')
  if (dockerTag && tags) return message(400, 'You can only use tag or docker_tag, not both.')
  const list = tags || uuids
  if (!list) return message(400, 'You must provide uuid or tag.')
  // A list in the body where a text is declared: PHP's TypeError.
  if (typeof list === 'object') return serverError(call.request.expectsJson)
  const names = String(list)
    .split(',')
    .filter(name => name !== '' && name !== '0')
  if (names.length === 0) return message(400, tags ? 'No TAGs provided.' : 'No UUIDs provided.')
  return tags ? byTags(call, names, force) : byUuids(call, names, { force, pr, dockerTag })
}

function byUuids(
  call: Call,
  uuids: readonly string[],
  { force, pr, dockerTag }: { force: boolean; pr: number; dockerTag: string | null },
): Answer {
  const { apps, services, databases } = call.instance
  const deployments: unknown[] = []
  for (const uuid of uuids) {
    const resource = [...apps, ...services, ...databases].find(
      candidate => candidate.uuid === uuid && candidate.team === call.caller.team,
    )
    if (!resource) continue
    const isApp = 'build_pack' in resource
    // Services and databases have no previews to look through: PHP finds no such method.
    if (pr !== 0 && !isApp) return serverError(call.request.expectsJson)
    const preview = pr !== 0 && isApp ? previewFor(resource, pr, dockerTag) : undefined
    if (pr !== 0 && !preview) {
      deployments.push({ message: `Pull request ${pr} not found for this resource.`, resource_uuid: uuid })
      continue
    }
    const isImage = isApp && resource.build_pack === 'dockerimage'
    const tag = preview && isImage ? preview.docker_registry_image_tag : dockerTag
    const started = isApp ? startApplication(call, resource, { force, pr, tag }) : startOther(call, resource)
    if (started === 'full') return full(call)
    const { message: text, ...more } = started
    deployments.push({ message: text, resource_uuid: uuid, ...more })
  }
  return deployments.length > 0 ? json(200, { deployments }) : message(404, 'No resources found.')
}

function byTags(call: Call, tags: readonly string[], force: boolean): Answer {
  const { instance, caller } = call
  const messages: string[] = []
  const details: unknown[] = []
  for (const tag of tags) {
    const hasTag = (resource: Application | Service) => resource.team === caller.team && resource.tags.includes(tag)
    const apps = instance.apps.filter(hasTag)
    const services = instance.services.filter(hasTag)
    if (apps.length + services.length === 0 && instance.emptyTags.includes(tag)) {
      messages.push(`No resources found for tag ${tag}.`)
    }
    for (const app of apps) {
      const started = startApplication(call, app, { force, pr: 0, tag: null })
      if (started === 'full') return full(call)
      if (started.deployment_uuid) {
        details.push({ resource_uuid: app.uuid, deployment_uuid: started.deployment_uuid })
      }
      messages.push(started.message)
    }
    for (const service of services) messages.push(startOther(call, service).message)
  }
  if (messages.length === 0) return message(404, 'No resources found with this tag.')
  return json(200, { ...(details.length > 0 ? { details } : {}), message: messages })
}

/** A preview of an image is made when there is none; of a build it must be there. */
function previewFor(app: Application, pr: number, dockerTag: string | null) {
  const found = app.previews.get(pr)
  if (app.build_pack !== 'dockerimage' || (!found && dockerTag === null)) return found
  const preview = { docker_registry_image_tag: dockerTag ?? found?.docker_registry_image_tag ?? null }
  app.previews.set(pr, preview)
  return preview
}

function startApplication(
  { instance }: Call,
  app: Application,
  { force, pr, tag }: { force: boolean; pr: number; tag: string | null },
): Started | 'full' {
  if (tag !== null && app.build_pack !== 'dockerimage') {
    return { message: 'docker_tag can only be used with Docker Image applications.' }
  }
  const queued = instance.deploy(app, { forceRebuild: force, pullRequestId: pr, dockerTag: tag })
  switch (queued.kind) {
    case 'full':
      return 'full'
    // The new id goes out although nothing was stored under it.
    case 'skipped':
      return { message: SKIPPED, deployment_uuid: publicId() }
    default:
      return { message: `Application ${app.name} deployment queued.`, deployment_uuid: queued.deployment.uuid }
  }
}

function startOther({ instance }: Call, resource: Service | Database): Started {
  if ('pulls' in resource) {
    instance.bringUp(resource, STARTING)
    return { message: `Service ${resource.name} started. It could take a while, be patient.` }
  }
  instance.bringUp(resource)
  return { message: `Database ${resource.name} started.` }
}
