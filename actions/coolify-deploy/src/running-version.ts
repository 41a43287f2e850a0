import { failureReason } from '@deploy-actions/core/coolify/logs'

/** Facts after a deployment that did not finish. The status `failed` does not show which version runs. */
export interface Evidence {
  readonly previous: string | undefined
  readonly wanted: string | undefined
  /** The container's image tag, where Coolify shows it. */
  readonly containerTag: string | undefined
  /** Responses of the health URLs. */
  readonly pages: readonly string[]
  /** Lines of the deployment's log; undefined when the token has no permission to read it. */
  readonly lines: readonly string[] | undefined
  /** It was cancelled in Coolify's queue. */
  readonly isNeverStarted: boolean
}

export interface RunningVersion {
  readonly version: 'previous' | 'wanted'
  /** Continues "verified by". */
  readonly evidence: string
}

/** The version that runs, if that can be verified; undefined otherwise. */
export function runningVersion(evidence: Evidence): RunningVersion | undefined {
  const { previous, wanted, containerTag, pages, lines, isNeverStarted } = evidence
  if (containerTag !== undefined && containerTag === previous) {
    return { version: 'previous', evidence: "its container's image" }
  }
  if (containerTag !== undefined && containerTag === wanted) {
    return { version: 'wanted', evidence: "its container's image" }
  }
  const [showsPrevious, showsWanted] = [previous, wanted].map(version => pages.some(page => names(page, version)))
  if (showsPrevious !== showsWanted) {
    return { version: showsPrevious ? 'previous' : 'wanted', evidence: 'the response of `health-url`' }
  }
  if (isNeverStarted) return { version: 'previous', evidence: 'the deployment, which never started' }
  if (lines !== undefined && isUntouched(lines)) {
    return { version: 'previous', evidence: 'the log of the deployment, which started no new container' }
  }
  return undefined
}

/** Pages often show commits abbreviated. */
function names(page: string, version: string | undefined): boolean {
  if (version === undefined || version.length < 5) return false
  const text = /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version
  const pattern = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(`(?<![\\w.-])${pattern}${text === version ? '(?![\\w-]|\\.\\w)' : ''}`).test(page)
}

const NOT_PULLED =
  /manifest unknown|not found: manifest|manifest for .* not found|no matching manifest|pull access denied|unauthorized|no basic auth|denied: /i
/** Lines that Coolify logs when it starts to replace containers. https://github.com/coollabsio/coolify/blob/v4.x/app/Jobs/ApplicationDeploymentJob.php */
const REPLACING = /rolling update|removing old containers|new container|starting new application/i

function isUntouched(lines: readonly string[]): boolean {
  if (lines.some(line => /rolling back to the old container/i.test(line))) return true
  if (NOT_PULLED.test([failureReason(lines) ?? '', ...lines].join('\n'))) return true
  // Without a reason the log can be truncated, as after a restart of Coolify.
  return failureReason(lines) !== undefined && !lines.some(line => REPLACING.test(line))
}
