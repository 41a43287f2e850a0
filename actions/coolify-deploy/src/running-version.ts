import { failureReason } from '@deploy-actions/core/coolify/logs'

/** What is known after a deployment that Coolify did not bring to its end. Its word `failed` does not tell which version runs. */
export interface Evidence {
  readonly previous: string | undefined
  readonly wanted: string | undefined
  /** Image tag of the container, where Coolify shows it. */
  readonly containerTag: string | undefined
  /** What the health URLs responded. */
  readonly pages: readonly string[]
  /** Lines of the deployment's log; undefined where the token cannot read it. */
  readonly lines: readonly string[] | undefined
  /** It was cancelled while it waited in Coolify's queue. */
  readonly isNeverBegun: boolean
}

export interface RunningVersion {
  readonly version: 'previous' | 'wanted'
  /** Reads on after "verified by". */
  readonly proof: string
}

/** Which version runs, where that can be verified; undefined otherwise. */
export function runningVersion(evidence: Evidence): RunningVersion | undefined {
  const { previous, wanted, containerTag, pages, lines, isNeverBegun } = evidence
  if (containerTag !== undefined && containerTag === previous) {
    return { version: 'previous', proof: "its container's image" }
  }
  if (containerTag !== undefined && containerTag === wanted) {
    return { version: 'wanted', proof: "its container's image" }
  }
  const [showsPrevious, showsWanted] = [previous, wanted].map(version => pages.some(page => names(page, version)))
  if (showsPrevious !== showsWanted) {
    return { version: showsPrevious ? 'previous' : 'wanted', proof: 'the response of `health-url`' }
  }
  if (isNeverBegun) return { version: 'previous', proof: 'the deployment, which was never begun' }
  if (lines !== undefined && isLeftAlone(lines)) {
    return { version: 'previous', proof: 'the log of the deployment, which started no new container' }
  }
  return undefined
}

/** Commits are shown short at times. */
function names(page: string, version: string | undefined): boolean {
  if (version === undefined || version.length < 5) return false
  const text = /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version
  const pattern = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(`(?<![\\w.-])${pattern}${text === version ? '(?![\\w-]|\\.\\w)' : ''}`).test(page)
}

const NOT_PULLED =
  /manifest unknown|not found: manifest|manifest for .* not found|no matching manifest|pull access denied|unauthorized|no basic auth|denied: /i
/** What Coolify logs once it begins to replace containers. https://github.com/coollabsio/coolify/blob/v4.x/app/Jobs/ApplicationDeploymentJob.php */
const REPLACING = /rolling update|removing old containers|new container|starting new application/i

function isLeftAlone(lines: readonly string[]): boolean {
  if (lines.some(line => /rolling back to the old container/i.test(line))) return true
  if (NOT_PULLED.test([failureReason(lines) ?? '', ...lines].join('\n'))) return true
  // Without the reason the log may be cut, as it is when Coolify restarts.
  return failureReason(lines) !== undefined && !lines.some(line => REPLACING.test(line))
}
