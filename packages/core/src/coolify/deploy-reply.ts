import { isRecord } from '../values/record.ts'
import { listOf, textOf } from './fields.ts'

/** What Coolify says that it did with one resource. */
export interface Started {
  /** Undefined where only a message came, as for services found by a tag. */
  readonly resourceUuid: string | undefined
  readonly message: string
  readonly outcome: /** In the queue, or running already. */
    | { readonly kind: 'queued'; readonly deploymentUuid: string }
    /** Left out, as one of the same version is queued or runs. Coolify gives an id that it never stored, so there is none here. */
    | { readonly kind: 'duplicate' }
    /** A service or a database, which has no deployment to look at. */
    | { readonly kind: 'started' }
    /** It answered 200, and did nothing. */
    | { readonly kind: 'refused' }
}

/** Reads both forms of the answer to `POST /deploy`: by uuid, and by tag. Undefined for something else. */
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
