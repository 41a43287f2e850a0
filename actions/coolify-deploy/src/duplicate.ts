import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'

/** The next action when Coolify skipped a deployment because a similar one is queued or running, or when it is unknown whether Coolify accepted it. */
export type Next =
  /** That deployment has the wanted version. */
  | { readonly kind: 'adopt'; readonly deployment: Deployment }
  /** That deployment can have an older version. */
  | { readonly kind: 'wait'; readonly deployment: Deployment }
  | { readonly kind: 'again'; readonly force: boolean }

export interface Situation {
  /** Newest first. */
  readonly deployments: readonly Deployment[]
  /** Deployments from before this run. */
  readonly known: ReadonlySet<string>
  readonly pullRequest: number
  readonly runsImage: boolean
  /** Wanted image tag or commit, if known. */
  readonly version: string | undefined
}

/**
 * Coolify treats two deployments as duplicates when application and commit are equal, and uses `HEAD` for the newest commit and for
 * every image. A queued deployment reads the version when it starts, so it gets what is set now; a deployment that was already running
 * can have read an older tag or commit.
 */
export function afterDuplicate(situation: Situation): Next {
  const active = situation.deployments.filter(
    deployment => deployment.pullRequest === situation.pullRequest && !isOver(deployment),
  )
  const found = active.find(deployment => hasWantedVersion(deployment, situation))
  if (found) return { kind: 'adopt', deployment: found }
  const [running] = active
  if (running === undefined) return { kind: 'again', force: false }
  return situation.runsImage ? { kind: 'again', force: true } : { kind: 'wait', deployment: running }
}

/** After a request whose response was lost: a new deployment is the one that the request started. */
export function afterLostResponse(situation: Situation): Next {
  const found = situation.deployments.find(
    deployment =>
      deployment.pullRequest === situation.pullRequest &&
      !situation.known.has(deployment.uuid) &&
      hasWantedVersion(deployment, situation),
  )
  return found ? { kind: 'adopt', deployment: found } : { kind: 'again', force: false }
}

function hasWantedVersion(deployment: Deployment, { known, pullRequest, runsImage, version }: Situation): boolean {
  // A preview's tag is stored in its deployment from the beginning.
  if (runsImage && pullRequest !== 0) return version === undefined || deployment.imageTag === version
  if (version !== undefined && !runsImage) return deployment.commit === version
  const isNew = !known.has(deployment.uuid)
  if (deployment.status !== 'queued') return isNew
  return runsImage || deployment.commit === undefined
}
