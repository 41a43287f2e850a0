import { type Fields, textOf, timeOf } from './fields.ts'

/**
 * One entry of Coolify's queue. A status is `queued`, `in_progress`, `finished`, `failed` or `cancelled-by-user`; there are no others.
 * https://github.com/coollabsio/coolify/blob/v4.x/app/Enums/ApplicationDeploymentStatus.php
 */
export interface Deployment {
  readonly uuid: string
  readonly status: string
  /** Undefined until Coolify has found the newest one, and always for applications that run an image. */
  readonly commit: string | undefined
  /** 0 for none. */
  readonly pullRequest: number
  /** Only of a preview. */
  readonly imageTag: string | undefined
  /** Where it deploys to: an application may have several servers, and has a deployment for each. */
  readonly destination: string
  /** Path of its page. */
  readonly path: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined
  readonly finishedAt: number | undefined
  /** As it comes; undefined when the token may not read it. */
  readonly logs: string | undefined
}

/** Undefined for what is no deployment. */
export function parseDeployment(fields: Fields): Deployment | undefined {
  const uuid = textOf(fields, 'deployment_uuid')
  const status = textOf(fields, 'status')
  if (uuid === undefined || status === undefined) return undefined
  const commit = textOf(fields, 'commit')
  return {
    uuid,
    status,
    commit: commit === 'HEAD' ? undefined : commit,
    pullRequest: Number(textOf(fields, 'pull_request_id') ?? 0),
    imageTag: textOf(fields, 'docker_registry_image_tag'),
    destination: `${textOf(fields, 'server_id') ?? ''}/${textOf(fields, 'destination_id') ?? ''}`,
    path: textOf(fields, 'deployment_url'),
    createdAt: timeOf(fields, 'created_at'),
    finishedAt: timeOf(fields, 'finished_at') ?? timeOf(fields, 'updated_at'),
    logs: typeof fields['logs'] === 'string' ? fields['logs'] : undefined,
  }
}

const ENDS: ReadonlySet<string> = new Set(['finished', 'failed', 'cancelled-by-user'])

export function isOver({ status }: Pick<Deployment, 'status'>): boolean {
  return ENDS.has(status)
}
