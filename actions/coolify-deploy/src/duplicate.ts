import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'

/** What to do when Coolify left a deployment out because one like it is queued or runs, or when nobody knows whether it took it. */
export type Next =
  /** That one brings what this run wants. */
  | { readonly kind: 'adopt'; readonly deployment: Deployment }
  /** That one may bring something older. */
  | { readonly kind: 'wait'; readonly deployment: Deployment }
  | { readonly kind: 'again'; readonly force: boolean }

export interface Situation {
  /** Newest first. */
  readonly deployments: readonly Deployment[]
  /** Those that were there before this run. */
  readonly known: ReadonlySet<string>
  readonly pullRequest: number
  readonly runsImage: boolean
  /** Image tag or commit that shall run, where it is known. */
  readonly version: string | undefined
}

/**
 * Coolify takes two deployments for the same that are of one application and one commit, and says `HEAD` for the newest commit and for
 * every image. A queued one reads what to deploy when it starts, so it brings what is set now; one that ran before may have read an
 * older tag or commit.
 */
export function afterDuplicate(situation: Situation): Next {
  const active = situation.deployments.filter(
    deployment => deployment.pullRequest === situation.pullRequest && !isOver(deployment),
  )
  const found = active.find(deployment => bringsIt(deployment, situation))
  if (found) return { kind: 'adopt', deployment: found }
  const [running] = active
  if (running === undefined) return { kind: 'again', force: false }
  return situation.runsImage ? { kind: 'again', force: true } : { kind: 'wait', deployment: running }
}

/** After a call whose answer was lost: a deployment that was not there before is the one that it started. */
export function afterLostAnswer(situation: Situation): Next {
  const found = situation.deployments.find(
    deployment =>
      deployment.pullRequest === situation.pullRequest &&
      !situation.known.has(deployment.uuid) &&
      bringsIt(deployment, situation),
  )
  return found ? { kind: 'adopt', deployment: found } : { kind: 'again', force: false }
}

function bringsIt(deployment: Deployment, { known, pullRequest, runsImage, version }: Situation): boolean {
  // The tag of a preview stands in its deployment from the beginning.
  if (runsImage && pullRequest !== 0) return version === undefined || deployment.imageTag === version
  if (version !== undefined && !runsImage) return deployment.commit === version
  const isNew = !known.has(deployment.uuid)
  if (deployment.status !== 'queued') return isNew
  return runsImage || deployment.commit === undefined
}
