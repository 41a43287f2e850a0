import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { mergeQueuePull } from '@deploy-actions/core/values/git-ref'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { VersionKind } from './channel.ts'
import { baseRef, type EventFacts, isDefaultBranch } from './event-facts.ts'

export interface DateFormatter {
  isZone(name: string): boolean
  /** In the zone of this machine unless another is given. */
  format(instant: Date, format: string, zone: string | undefined): string
}

export interface Moments {
  readonly now: Date
  readonly commit: Date
  readonly shortShaLength: number
  /** Undefined where no text names a date. */
  readonly dates: DateFormatter | undefined
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
export function dateExpressions(moments: Moments): object {
  return {
    date: dateHelper('date', moments.now, moments),
    commit_date: dateHelper('commit_date', moments.commit, moments),
  }
}

function dateHelper(name: string, instant: Date, { dates, onUnknownZone }: Moments) {
  return (format: unknown, options: HelperOptions | undefined): string => {
    if (options === undefined) throw new InvalidValue(`needs a format: {{${name} 'YYYYMMDD'}}`)
    for (const key of Object.keys(options.hash)) {
      if (key !== 'tz') throw new InvalidValue(`gives ${name} the unknown attribute ${key}; there is tz`)
    }
    const zone = options.hash['tz'] ?? 'UTC'
    if (typeof zone !== 'string' || zone === '')
      throw new InvalidValue(`gives ${name} a tz that is no name; write tz='Europe/Paris'`)
    if (dates === undefined) throw new Error(`no text was seen to name ${name}`)
    if (dates.isZone(zone)) return dates.format(instant, String(format), zone)
    onUnknownZone(zone)
    return dates.format(instant, String(format), undefined)
  }
}

/** The number of the pull request that the run is for, also in a merge queue. */
export function pullNumber({ ref, payload }: EventFacts): string {
  if (ref.kind === 'pull') return ref.name.replace(/\/.*$/, '')
  if (ref.kind === 'branch') return mergeQueuePull(ref.name)?.number ?? ''
  return String(payload.pull_request?.number ?? '')
}
