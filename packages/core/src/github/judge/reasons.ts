import { shortSha } from '../../values/commit-sha.ts'
import { count } from '../../values/count.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Item } from './items.ts'
import type { NamePattern } from './pattern.ts'
import type { CiPolicy } from './policy.ts'

// The sentences of a verdict.

const MOST_NAMES = 5

export function failed(items: readonly Item[]): string {
  return `CI failed: ${named(items, describeFailure)}`
}

export function unconfirmed(items: readonly Item[]): string {
  return `${named(items, describeFailure)}; a re-run within the confirmation time is waited for`
}

export function otherDeployed(sha: string, deployed: string): string {
  return `The target runs ${shortSha(deployed)}, not ${shortSha(sha)}: a newer deploy has replaced it`
}

export function cancelledByPush(sha: string, head: string): string {
  return `The CI of ${shortSha(sha)} was cancelled, and its branch is at ${shortSha(head)} now`
}

export function open(pending: readonly Item[], missing: readonly NamePattern[]): string {
  const parts = [
    ...(pending.length === 0
      ? []
      : [`not complete: ${named(pending, item => `${item.name} (${item.word || 'no status'})`)}`]),
    ...(missing.length === 0 ? [] : [`required and not reported: ${list(missing.map(({ text }) => text))}`]),
  ]
  return `CI is ${parts.join('; ')}`
}

export function timedOut(reason: string): string {
  return `The time of the watch is over, and ${reason}`
}

export function notYet(announced: boolean): string {
  return announced ? 'GitHub has announced a workflow run that it does not list yet' : 'No CI has been reported yet'
}

/** Names what is there and does not count, as that is most often the cause. */
export function nothingThere({ sha, runs, checks, statuses }: Snapshot, { events }: CiPolicy): string {
  const others = runs.length + checks.length + statuses.length
  const hint =
    others === 0
      ? ''
      : `; ${count(others, 'run, check or status', 'runs, checks and statuses')} of the commit do not count (events: ${list(events) || 'all'}, include, exclude, own workflow)`
  return `No CI was found for commit ${shortSha(sha)}${hint}`
}

export function nothingExecuted(items: readonly Item[]): string {
  return `CI has executed nothing: ${named(items, item => `${item.name} (${item.word})`)}`
}

export function unstable(items: readonly Item[]): string {
  return `${passed(items)}; it must stay so for the stabilization time`
}

export function passed(items: readonly Item[]): string {
  const allowed = items.filter(({ state }) => state === 'allowed')
  const rest = allowed.length === 0 ? '' : `; allowed to fail: ${named(allowed, ({ name }) => name)}`
  return `CI passed: ${
    named(
      items.filter(({ state }) => state === 'passed'),
      ({ name }) => name,
    ) || 'nothing but what is allowed to fail'
  }${rest}`
}

export function unreachable(problem: string): string {
  return `CI could not be read: ${problem || 'no response'}`
}

function describeFailure({ name, word, failedJobs }: Item): string {
  if (word === 'startup_failure') {
    return `${name} did not start (startup_failure: its file is not valid, or an action is not in .github/workflows/actions.lock)`
  }
  const jobs = failedJobs.map(job => job.name)
  return jobs.length === 0 ? `${name} (${word})` : `${name} (${list(jobs)})`
}

function named(items: readonly Item[], describe: (item: Item) => string): string {
  return list(items.map(describe))
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(name => name.replace(/\s+/g, ' '))
  const left = names.length - shown.length
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ')
}
