import type { Snapshot } from '../snapshot.ts'
import { type Item, type Reading, readItems, type Tolerated } from './items.ts'
import type { CiPolicy, Watcher } from './policy.ts'
import * as reasons from './reasons.ts'

export interface Verdict {
  readonly kind:
    | 'superseded'
    | 'failure'
    | 'pending'
    | 'no-checks'
    | 'nothing-executed'
    | 'success'
    | 'timeout'
    /** CI could not be read: nothing is known about it. */
    | 'unreachable'
  /** No further look can change it. */
  readonly isFinal: boolean
  /** One line for people. */
  readonly reason: string
  readonly items: readonly Item[]
  readonly tolerated: readonly Tolerated[]
  /** Milliseconds until a window ends, when nothing changes before. */
  readonly endsIn: number | undefined
}

/** What a watch remembers from look to look. */
export interface Memory {
  /** Milliseconds since the epoch, as all times here. */
  readonly startedAt: number
  /** Since when each failed item has been seen so, by its key. */
  readonly failedSince: ReadonlyMap<string, number>
  /** Since when everything has been green, and what that was. */
  readonly green: { readonly since: number; readonly keys: string } | undefined
}

export function newMemory(now: number): Memory {
  return { startedAt: now, failedSince: new Map(), green: undefined }
}

/** One look. */
export interface Look {
  /** Undefined when the server could not be reached, or did not respond properly. */
  readonly snapshot: Snapshot | undefined
  /** Why not. */
  readonly problem?: string
  /** The commit that the deployment target runs, where it was asked. */
  readonly deployed?: string | undefined
  readonly now: number
}

export interface Judgement {
  readonly verdict: Verdict
  readonly memory: Memory
}

/**
 * What the look says, with what was seen before. In this order: superseded, failure, pending, nothing there yet, nothing executed,
 * success. From the deadline on every verdict is final: a window is cut by it, and what is still open is a timeout.
 */
export function judge(look: Look, policy: CiPolicy, watcher: Watcher, memory: Memory): Judgement {
  const { snapshot, now } = look
  const isLast = now >= memory.startedAt + policy.timeout
  if (snapshot === undefined) return unreachable(look, isLast, memory)
  const reading = readItems(snapshot, policy, watcher)
  const failed = reading.items.filter(item => item.state === 'failed')
  const next: Memory = {
    startedAt: memory.startedAt,
    failedSince: new Map(failed.map(({ key }) => [key, memory.failedSince.get(key) ?? now])),
    green: greenOf(reading, memory, now),
  }
  const situation = { look, snapshot, reading, failed, policy, memory: next, isLast }
  const found = failureOf(situation) ?? openOf(situation) ?? absenceOf(situation) ?? successOf(situation)
  return { verdict: { ...found, items: reading.items, tolerated: reading.tolerated }, memory: next }
}

/** Whether only cancellations speak against the commit: a newer push cancels the runs of the one before. */
export function isOnlyCancelled(snapshot: Snapshot, policy: CiPolicy, watcher: Watcher): boolean {
  return areCancellations(readItems(snapshot, policy, watcher).items.filter(({ state }) => state === 'failed'))
}

/** The branch of the workflow runs that were cancelled. */
export function branchOfCancelled(snapshot: Snapshot): string | undefined {
  return snapshot.runs.find(({ conclusion, branch }) => conclusion === 'cancelled' && branch !== undefined)?.branch
}

interface Situation {
  readonly look: Look
  readonly snapshot: Snapshot
  readonly reading: Reading
  readonly failed: readonly Item[]
  readonly policy: CiPolicy
  readonly memory: Memory
  readonly isLast: boolean
}

type Found = Pick<Verdict, 'kind' | 'isFinal' | 'reason' | 'endsIn'>

function unreachable({ problem = '' }: Look, isLast: boolean, memory: Memory): Judgement {
  const common = { items: [], tolerated: [], endsIn: undefined }
  const verdict: Verdict = { ...common, kind: 'unreachable', isFinal: isLast, reason: reasons.unreachable(problem) }
  return { verdict, memory }
}

function failureOf({ look, snapshot, failed, policy, memory, isLast }: Situation): Found | undefined {
  if (failed.length === 0) return undefined
  const { deployed, now } = look
  if (deployed !== undefined && deployed !== snapshot.sha) {
    return final('superseded', reasons.otherDeployed(snapshot.sha, deployed))
  }
  if (areCancellations(failed) && snapshot.head !== undefined && snapshot.head !== snapshot.sha) {
    return final('superseded', reasons.cancelledByPush(snapshot.sha, snapshot.head))
  }
  const since = Math.min(...failed.map(({ key }) => memory.failedSince.get(key) ?? now))
  const left = since + policy.confirmFailure - now
  if (left <= 0 || isLast) return final('failure', reasons.failed(failed))
  return { kind: 'pending', isFinal: false, reason: reasons.unconfirmed(failed), endsIn: left }
}

/** What has begun, or must come, and is not there yet. */
function openOf({ reading, policy, isLast }: Situation): Found | undefined {
  const pending = reading.items.filter(({ state }) => state === 'pending')
  const missing = policy.required.filter(pattern => !reading.names.some(name => pattern.matches(name)))
  if (pending.length === 0 && missing.length === 0) return undefined
  const reason = reasons.open(pending, missing)
  // Without a single item it is for "nothing there" to say so at the end.
  if (isLast && reading.items.length > 0) return final('timeout', reasons.timedOut(reason))
  return isLast ? undefined : { kind: 'pending', isFinal: false, reason, endsIn: undefined }
}

function absenceOf({ look, snapshot, reading, policy, memory, isLast }: Situation): Found | undefined {
  const { items } = reading
  const left = memory.startedAt + policy.grace - look.now
  const isOver = left <= 0 || isLast
  if (items.length === 0) {
    // A suite announces a run that the lists do not show yet.
    const announced = snapshot.suites.some(({ status }) => status !== 'completed')
    if (isOver && (!announced || isLast)) return final('no-checks', reasons.nothingThere(snapshot, policy))
    return { kind: 'pending', isFinal: false, reason: reasons.notYet(announced), endsIn: isOver ? undefined : left }
  }
  if (items.some(({ wasExecuted }) => wasExecuted)) return undefined
  if (isOver) return final('nothing-executed', reasons.nothingExecuted(items))
  return { kind: 'pending', isFinal: false, reason: reasons.nothingExecuted(items), endsIn: left }
}

function successOf({ look, reading, policy, memory, isLast }: Situation): Found {
  const since = memory.green?.since ?? look.now
  const left = since + policy.stableFor - look.now
  if (left <= 0 || isLast) return final('success', reasons.passed(reading.items))
  return { kind: 'pending', isFinal: false, reason: reasons.unstable(reading.items), endsIn: left }
}

function final(kind: Verdict['kind'], reason: string): Found {
  return { kind, isFinal: true, reason, endsIn: undefined }
}

/** Green begins anew when something is run again, or appears. */
function greenOf({ items }: Reading, { green }: Memory, now: number): Memory['green'] {
  const isGreen = items.length > 0 && items.every(({ state }) => state === 'passed' || state === 'allowed')
  if (!isGreen) return undefined
  const keys = items
    .map(({ key, word }) => `${key} ${word}`)
    .toSorted()
    .join('\n')
  return green?.keys === keys ? green : { since: now, keys }
}

function areCancellations(failed: readonly Item[]): boolean {
  return failed.length > 0 && failed.every(({ word }) => word === 'cancelled')
}
