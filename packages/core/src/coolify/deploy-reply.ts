import { isRecord } from '../values/record.ts'
import { listOf, textOf } from './fields.ts'

/** The response of Coolify for one resource. */
export interface Started {
  /** Undefined where only a message came, as for services found by a tag. */
  readonly resourceUuid: string | undefined
  readonly message: string
  readonly outcome: /** Queued or already running. */
    | { readonly kind: 'queued'; readonly deploymentUuid: string }
    /** Skipped, because a deployment of the same version is queued or running. Coolify returns an ID that it never stored, so it is left out here. */
    | { readonly kind: 'duplicate' }
    /** A service or a database, which has no deployment to watch. */
    | { readonly kind: 'started' }
    /** Refused, although the status is 200. */
    | { readonly kind: 'refused' }
}

/** Reads both forms of the response to `POST /deploy`: by UUID and by tag. Undefined for anything else. */
export function parseDeployReply(body: unknown): Started[] | undefined {
  if (!isRecord(body)) return undefined
  if ('deployments' in body) {
    return listOf(body['deployments']).map(entry =>
      startedOf(textOf(entry, 'message') ?? '', textOf(entry, 'resource_uuid'), textOf(entry, 'deployment_uuid')),
    )
  }
  const messages = body['message']
  if (!Array.isArray(messages)) return undefined
  const details = listOf(body['details'])[Symbol.iterator]()
  return messages.map(String).map(message => {
    // Only what has a deployment, or pretends to, has an entry in the details; they are in the same order.
    const detail = /\bqueued\b/i.test(message) ? details.next().value : undefined
    return detail
      ? startedOf(message, textOf(detail, 'resource_uuid'), textOf(detail, 'deployment_uuid'))
      : startedOf(message, undefined, undefined)
  })
}

function startedOf(message: string, resourceUuid: string | undefined, deploymentUuid: string | undefined): Started {
  const outcome = ((): Started['outcome'] => {
    if (/already queued/i.test(message)) return { kind: 'duplicate' }
    if (deploymentUuid !== undefined) return { kind: 'queued', deploymentUuid }
    return /\bstarted\b/i.test(message) ? { kind: 'started' } : { kind: 'refused' }
  })()
  return { resourceUuid, message, outcome }
}
