import { html, json, message } from './answer.ts'
import { type Call, deploymentOf, type Handler, withApplication } from './call.ts'
import { addLog, type Deployment, isOver } from './deployment.ts'
import { deploymentDetail, deploymentRow, sortedKeys } from './records.ts'

/** `GET /deployments`: what waits or runs on the team's servers. */
export const listDeployments: Handler = ({ instance, caller }) => {
  const rows = instance.queue.all
    .filter(deployment => !isOver(deployment) && deployment.app.team === caller.team)
    .map(deployment => sortedKeys(deploymentRow(deployment, caller.canReadSensitive)))
  return json(200, instance.asObject && rows.length > 1 ? withShuffledKeys(rows) : rows)
}

/** A sorted PHP list keeps its keys; when they are out of order it is written as an object. */
function withShuffledKeys(rows: readonly object[]): object {
  return Object.fromEntries(rows.map((row, index) => [rows.length - 1 - index, row]))
}

export const showDeployment: Handler = call => {
  const { instance, caller } = call
  const deployment = deploymentOf(call)
  if (!deployment || deployment.app.team !== caller.team || instance.profile.losesDeployments) {
    return message(404, 'Deployment not found.')
  }
  const { nestsApplication } = instance.profile
  return json(
    200,
    deploymentDetail(deployment, { secret: call.secret, sensitive: caller.canReadSensitive, nestsApplication }),
  )
}

/** Newest first. This one is not sorted by key. */
export const listApplicationDeployments: Handler = call => {
  const { query, expectsJson } = call.request
  const errors = pageErrors(query)
  if (errors) return expectsJson ? json(422, errors) : html(302, '', { location: '/' })
  return withApplication(({ instance, caller }, app) => {
    const all = instance.queue.all.filter(deployment => deployment.app === app).reverse()
    const skip = Number(query['skip'] || 0)
    const page = all.slice(skip, skip + Number(query['take'] || 10))
    const deployments = page.map(deployment => deploymentRow(deployment, caller.canReadSensitive))
    return json(200, { count: all.length, deployments })
  }, 'Application not found')(call)
}

export const cancelDeployment: Handler = call => {
  const { instance, caller } = call
  const deployment = deploymentOf(call)
  if (!deployment) return message(404, 'Deployment not found.')
  if (deployment.app.team !== caller.team) {
    return message(403, 'You do not have permission to cancel this deployment.')
  }
  if (!instance.queue.settle(deployment, 'cancelled-by-user')) {
    return message(400, `Deployment cannot be cancelled. Current status: ${deployment.status}`)
  }
  logCancel(deployment, call)
  const { cancel } = instance.profile
  if (cancel === 'works') instance.queue.advance(deployment.server)
  if (cancel === 'breaks') return message(500, 'Failed to cancel deployment: Undefined variable $application')
  return json(200, {
    message: 'Deployment cancelled successfully.',
    deployment_uuid: deployment.uuid,
    status: deployment.status,
  })
}

function logCancel(deployment: Deployment, { instance }: Call): void {
  const hasRun = deployment.logs.length > 0
  const say = (text: string, type: 'stdout' | 'stderr' = 'stdout') => addLog(deployment, instance.now(), text, { type })
  say('Deployment cancelled by user via API.', 'stderr')
  if (hasRun) {
    say('Deployment container stopped.')
    deployment.finishedAt = instance.now()
  } else {
    say('Deployment container not yet started. Will be cancelled when job checks status.')
  }
}

/** Laravel's validation of `skip` and `take`. */
function pageErrors(query: Readonly<Record<string, string>>) {
  const errors: Record<string, string[]> = {}
  for (const [name, min] of [
    ['skip', 0],
    ['take', 1],
  ] as const) {
    const value = query[name]
    if (value === undefined || value === '') continue
    if (!/^-?\d+$/.test(value)) errors[name] = [`The ${name} field must be an integer.`]
    else if (Number(value) < min) errors[name] = [`The ${name} field must be at least ${min}.`]
  }
  const [first] = Object.values(errors)
  return first ? { message: first[0], errors } : undefined
}
