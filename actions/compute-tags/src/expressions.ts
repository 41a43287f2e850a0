import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { mergeQueuePull } from '@deploy-actions/core/values/git-ref'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { VersionKind } from './channel.ts'
import { formatDate } from './date-format.ts'
import { baseRef, type EventFacts, isDefaultBranch } from './event-facts.ts'
import { machineClock, zoneClock } from './zone.ts'

export interface Moments {
  readonly now: Date
  readonly commit: Date
  readonly shortShaLength: number
  /** Told when a date's time zone is none that is known. */
  readonly onUnknownZone: (zone: string) => void
}

interface HelperOptions {
  readonly hash: Readonly<Record<string, unknown>>
}

/** What `{{…}}` may name in value, prefix, suffix, enable, labels and annotations. Functions, so that only what is named is worked out. */
export function globalExpressions(facts: EventFacts, moments: Moments, version: () => VersionKind): object {
  const { ref } = facts
  const text = (flag: boolean) => (flag ? 'true' : 'false')
  return {
    branch: () => (ref.kind === 'branch' ? ref.name : ''),
    tag: () => (ref.kind === 'tag' ? ref.name : ''),
    sha: () => shortSha(facts.sha, moments.shortShaLength),
    base_ref: () => baseRef(facts),
    is_default_branch: () => text(isDefaultBranch(facts)),
    is_not_default_branch: () => text(!isDefaultBranch(facts)),
    ...dateExpressions(moments),
    head_ref: () => facts.headRef || (ref.kind === 'branch' ? ref.name : ''),
    pr: () => pullNumber(facts),
    run_number: () => facts.runNumber,
    run_id: () => facts.runId,
    run_attempt: () => facts.runAttempt,
    channel: () => version().channel,
    is_prerelease: () => text(version().isPrerelease),
  }
}

/** What a schedule's pattern may name. */
export function dateExpressions({ now, commit, onUnknownZone }: Moments): object {
  return { date: dateHelper('date', now, onUnknownZone), commit_date: dateHelper('commit_date', commit, onUnknownZone) }
}

function dateHelper(name: string, instant: Date, onUnknownZone: (zone: string) => void) {
  return (format: unknown, options: HelperOptions | undefined): string => {
    if (options === undefined) throw new InvalidValue(`needs a format: {{${name} 'YYYYMMDD'}}`)
    for (const key of Object.keys(options.hash)) {
      if (key !== 'tz') throw new InvalidValue(`gives ${name} the unknown attribute ${key}; there is tz`)
    }
    const zone = options.hash['tz'] ?? 'UTC'
    if (typeof zone !== 'string' || zone === '')
      throw new InvalidValue(`gives ${name} a tz that is no name; write tz='Europe/Paris'`)
    const clock = zoneClock(zone, instant)
    if (clock === undefined) onUnknownZone(zone)
    return formatDate(instant, String(format), clock ?? machineClock(instant))
  }
}

/** The number of the pull request that the run is for, also in a merge queue. */
export function pullNumber({ ref, payload }: EventFacts): string {
  if (ref.kind === 'pull') return ref.name.replace(/\/.*$/, '')
  if (ref.kind === 'branch') return mergeQueuePull(ref.name)?.number ?? ''
  return String(payload.pull_request?.number ?? '')
}
