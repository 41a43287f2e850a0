import { json, message } from './answer.ts'
import { isTrue } from './api-request.ts'
import { applicationOf, type Handler, withApplication } from './call.ts'
import { plainTime } from './deployment.ts'
import { QUEUE_FULL, SKIPPED } from './deployment-queue.ts'
import { publicApplication, sortedKeys } from './records.ts'
import { publicId } from './resources.ts'
import { applicationProblem, commitProblem, type FieldErrors, invalid, jsonProblem, NOT_ALLOWED } from './validate.ts'

// https://github.com/coollabsio/coolify/blob/379abb252621/app/Http/Controllers/Api/ApplicationsController.php

export const listApplications: Handler = ({ instance, caller, request, secret }) => {
  const { tag } = request.query
  const apps = instance.apps.filter(app => app.team === caller.team && (!tag || app.tags.includes(tag)))
  return json(
    200,
    apps.map(app => sortedKeys(publicApplication(app, { secret, sensitive: caller.canReadSensitive }))),
  )
}

export const showApplication = withApplication(({ caller, secret }, app) => {
  const settings = { is_auto_deploy_enabled: true, is_consistent_container_name_enabled: false, is_static: false }
  const record = { ...publicApplication(app, { secret, sensitive: caller.canReadSensitive }), settings }
  return json(200, sortedKeys(record))
})

export const updateApplication: Handler = call => {
  const unreadable = jsonProblem(call.request)
  if (unreadable) return unreadable
  const app = applicationOf(call)
  if (!app) return message(404, 'Application not found')
  const { input } = call.request
  const problem = applicationProblem(input)
  if (problem) return problem
  const text = (name: string) => (input[name] === undefined ? {} : { [name]: input[name] })
  Object.assign(app, ...SETTABLE.map(text))
  if (isTrue(input['instant_deploy'])) {
    const queued = call.instance.deploy(app, {})
    if (queued.kind === 'skipped') return message(200, SKIPPED)
  }
  return json(200, { uuid: app.uuid })
}

const SETTABLE = [
  ...['name', 'description', 'build_pack', 'git_repository', 'git_branch', 'git_commit_sha', 'ports_exposes'],
  ...['docker_registry_image_name', 'docker_registry_image_tag', 'health_check_enabled'],
]

/** Neither start nor restart looks at a full queue: the id that they answer then belongs to nothing. */
export const startApplication = withApplication(({ instance, request }, app) => {
  const { force, instant_deploy: instant } = request.input
  const queued = instance.deploy(app, { forceRebuild: isTrue(force), instant: isTrue(instant) })
  if (queued.kind === 'skipped') return message(200, SKIPPED)
  const deployment_uuid = queued.kind === 'queued' ? queued.deployment.uuid : publicId()
  return json(200, { message: 'Deployment request queued.', deployment_uuid })
})

export const restartApplication = withApplication(({ instance }, app) => {
  const queued = instance.deploy(app, { restartOnly: true })
  if (queued.kind === 'skipped') return message(200, SKIPPED)
  const deployment_uuid = queued.kind === 'queued' ? queued.deployment.uuid : publicId()
  return json(200, { message: 'Restart request queued.', deployment_uuid })
})

export const stopApplication = withApplication((_, app) => {
  app.status = 'exited:unhealthy'
  app.truth = app.status
  return message(200, 'Application stopping request queued.')
})

export const applicationLogs = withApplication(({ request }, app) => {
  if (!app.status.startsWith('running')) return message(400, 'Application is not running.')
  const wanted = Number(request.query['lines'])
  const lines = Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 10_000) : 100
  return json(200, {
    logs: app.containerLogs
      .split('\n')
      .slice(-lines - 1)
      .join('\n'),
  })
})

/** What is left on the server. `current` looks for a container that has the application's id as its name, which few have. */
export const rollbackImages = withApplication((_, app) => {
  const images = [...app.images]
    .sort((one, other) => other.builtAt - one.builtAt)
    .map(({ tag, builtAt }) => ({
      tag,
      created_at: `${plainTime(builtAt)} +0000 UTC`,
      is_current: app.hasConsistentName && tag === app.runningTag,
    }))
  return json(200, { current: app.hasConsistentName ? app.runningTag : null, images })
})

/** Looks at the body before it looks for the application. */
export const rollback: Handler = call => {
  const unreadable = jsonProblem(call.request)
  if (unreadable) return unreadable
  const { input } = call.request
  const { commit } = input
  const errors: FieldErrors = {}
  if (commit === undefined || commit === null) errors['commit'] = ['This field is required.']
  else if (typeof commit !== 'string') errors['commit'] = ['The commit field must be a string.']
  for (const field of Object.keys(input)) if (field !== 'commit') errors[field] = [NOT_ALLOWED]
  if (Object.keys(errors).length > 0) return invalid(errors)
  const app = applicationOf(call)
  if (!app) return message(404, 'Application not found.')
  const problem = commitProblem(String(commit))
  if (problem) return invalid({ commit: [problem] })
  const queued = call.instance.deploy(app, { commit: String(commit), rollback: true })
  if (queued.kind !== 'queued') return message(400, QUEUE_FULL)
  return json(200, { message: 'Rollback deployment queued.', deployment_uuid: queued.deployment.uuid })
}

export const deletePreview = withApplication(({ params }, app) => {
  const pr = Number(params['pull_request_id'])
  if (!(Math.trunc(pr) > 0)) return message(422, 'Invalid pull_request_id.')
  if (!app.previews.delete(Math.trunc(pr))) return message(404, 'Preview not found.')
  return message(200, 'Preview deletion request queued.')
})
