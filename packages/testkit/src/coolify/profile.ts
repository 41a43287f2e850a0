/**
 * What differs between the versions of Coolify that people run, read from the tags of github.com/coollabsio/coolify:
 * routes/api.php, DeployController.php, ApplicationsController.php and bootstrap/helpers/applications.php of each.
 */
export interface Profile {
  /** Without a `v`, as `GET /version` says it. */
  readonly version: string
  /** GET on /deploy and on start, stop and restart does what POST does; later it is a 405. */
  readonly getDeploys: boolean
  /** `force` was cast by PHP: every text but "" and "0" is true, `false` too. */
  readonly looseForce: boolean
  /** A check of its own, before all others: is the token's user in the team, and more than a member where it counts? */
  readonly checksTeam: boolean
  /** `GET /deployments/{uuid}` compares a number with a text, so it finds nothing. */
  readonly losesDeployments: boolean
  /** `GET /deployments/{uuid}` looks up the team through the application and so shows all of it. */
  readonly nestsApplication: boolean
  /** `works`; `stalls`: what waits behind it is not started; `breaks`: it also answers 500 after the work is done. */
  readonly cancel: 'works' | 'stalls' | 'breaks'
  readonly limitsQueue: boolean
  /** `docker_tag` and `pull_request_id`. */
  readonly dockerTag: boolean
  /** The pinned commit goes into the deployment; earlier it was `HEAD` whatever the application said. */
  readonly honoursPin: boolean
  /** The job keeps a commit that it is given; earlier it took the branch's newest in its place, but for a rollback. */
  readonly keepsPin: boolean
  /** Which ability start, stop and restart want. */
  readonly startAbility: 'write' | 'deploy'
  /** `POST /rollback` deploys the asked tag on an application made from an image. */
  readonly rollbackTagFix: boolean
}

export const NEWEST = '4.3.11'

export function profileOf(version: string): Profile {
  const since = (other: string) => compareVersions(version, other) >= 0
  const cancel = since('4.3.7') ? 'works' : since('4.1.0') ? 'breaks' : 'stalls'
  return {
    version,
    getDeploys: !since('4.2.0'),
    looseForce: !since('4.2.0'),
    checksTeam: since('4.1.2'),
    losesDeployments: since('4.0.0-beta.464') && !since('4.0.0-beta.468'),
    nestsApplication: since('4.0.0-beta.464'),
    cancel,
    limitsQueue: since('4.0.0-beta.454'),
    dockerTag: since('4.0.0-beta.471'),
    honoursPin: since('4.1.0'),
    keepsPin: since('4.2.0'),
    startAbility: since('4.0.0-beta.464') ? 'deploy' : 'write',
    rollbackTagFix: since('4.3.12'),
  }
}

/** Below 0 when `one` is older. A beta is older than its release. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [numbers(one), numbers(other)]
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbers(version: string): number[] {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:-beta\.(\d+))?$/.exec(version)
  if (!found) throw new Error(`${version} is not a version of Coolify: 4.3.11 or 4.0.0-beta.440`)
  const [, major, minor, patch, beta] = found
  return [Number(major), Number(minor), Number(patch), beta === undefined ? Number.MAX_SAFE_INTEGER : Number(beta)]
}
