// The state that the search explores: one server, and everybody who acts on it. All of it is plain data; nothing is changed in place.
import type { Pending as PendingFile, Phase } from '@deploy-actions/core/release/pending'

/** `old` is confirmed at the start. `earlier` is what a person rolls back to; `new` and `newer` are what the two runs deploy. */
export type Release = 'earlier' | 'old' | 'new' | 'newer'
export const RUNS = ['run-1', 'run-2'] as const
export type RunName = (typeof RUNS)[number]
export type ActorName = RunName | 'person' | 'watchdog' | 'confirmer'

/** The keys of `.deploy/pending` (format 1) that decide something. */
export interface Pending extends Pick<PendingFile, 'phase'> {
  readonly owner: 'before' | RunName | 'person'
  readonly target: Release
  readonly rollbackTarget: Release
}
export type { Phase }

/** What lies on the server beside `pending`, and what runs there. */
export interface Server {
  /** Who holds the kernel lock; empty when it is free. */
  readonly lock: ActorName | ''
  readonly files: Release | 'mixture'
  readonly containers: Release | 'mixture'
  /** The engine came back without the containers. */
  readonly stopped: boolean
  /** The two links. */
  readonly current: Release
  readonly confirmed: Release
}

/** The time that a waiting release has. */
export interface Timer {
  /** `confirm-timeout` has passed since the watchdog, in this boot, saw the phase `waiting` first. */
  readonly elapsed: boolean
  /** The server's clock against `wall-deadline`; `never`: it was set back, far. */
  readonly wall: 'ahead' | 'passed' | 'never'
  readonly rebooted: boolean
}
export const NO_TIMER: Timer = { elapsed: false, wall: 'ahead', rebooted: false }

/**
 * An actor has the newest epoch, or an old one that every script refuses: epochs are only compared for equality, and whoever takes
 * the lock makes those of all others old. So one bit per holder stands for all numbers.
 */
interface HasEpoch {
  readonly isNewest: boolean
}

export interface Run extends HasEpoch {
  readonly at:
    | 'start'
    | 'locked'
    | 'settled'
    | 'plan'
    | 'switching'
    | 'verify'
    | 'switching-back'
    | 'verify-back'
    | 'repeat'
    | 'fenced'
    | 'leave'
    | 'done'
  /** Of its connection. One that was cut for good is the run that was killed; one that sleeps does not hear the server. */
  readonly link: 'up' | 'cut' | 'asleep'
  /** `pending` as the run saw it when it made its plan. */
  readonly seen: Pending | null
  /** It has called for a switch, and does not know what became of it. */
  readonly called: boolean
}
/** What an actor says when it has ended. */
export type Report = 'deployed' | 'waits' | 'rolled-back' | 'failed' | 'confirmed'

/** One activation on the server: a process of its own, which outlives whoever called for it. */
export interface Switch extends HasEpoch {
  readonly by: Exclude<Pending['owner'], 'before'> | 'watchdog'
  readonly direction: 'forward' | 'backward'
  readonly release: Release
  /** `pending` as its caller saw it, until the intent is written. */
  readonly seen: Pending | null
  /** Its steps; from `files` on it holds the lock `activating`. `compose-only`: its shell was killed, Compose lives on. */
  readonly at: 'queued' | 'files' | 'moving' | 'moved' | 'up' | 'compose-only' | 'record'
  /** Nobody waits for its result any more. */
  readonly isOrphan: boolean
  /** The engine went away while it worked. */
  readonly hasFailed: boolean
}

/** A `finish` that was sent over a connection that was cut, and still arrives. */
export interface LateCommit extends HasEpoch {
  readonly owner: Pending['owner']
  readonly target: Release
  readonly to: Phase
}

export interface Watchdog extends HasEpoch {
  readonly at: 'absent' | 'restarting' | 'looking' | 'noticed' | 'ending' | 'locked' | 'switching' | 'verify'
  /** The rollback under way was begun by this very process. */
  readonly began: boolean
}

export interface Person extends HasEpoch {
  readonly at: 'start' | 'locked' | 'switching' | 'verify' | 'done'
}

/** The post step of the job of run 1, its CI, or somebody with `mode: confirm`. */
export interface Confirmer extends HasEpoch {
  readonly at: 'start' | 'verify' | 'commit' | 'request' | 'tidy' | 'tidying' | 'done'
}

/** What the server cannot know and the invariants need. */
export interface History {
  /** The release to which everything must return: confirmed last, or chosen by a person. */
  readonly base: Release
  readonly decided: Readonly<Record<'new' | 'newer', '' | 'confirmed' | 'rolled-back'>>
  /** The engine went away after the confirmer had looked: no script can see that. */
  readonly isExcused: boolean
}

/** What never changes within one history. Run 1 and the watchdog are always there; nobody has to come. */
export interface Scenario {
  readonly others: readonly ('run-2' | 'person' | 'confirmer')[]
  readonly healthy: Readonly<Record<'new' | 'newer', boolean>>
  readonly confirm: Readonly<Record<RunName, 'none' | 'job'>>
}

export interface State {
  readonly scenario: Scenario
  readonly pending: Pending
  readonly server: Server
  readonly timer: Timer
  readonly 'run-1': Run
  readonly 'run-2': Run
  readonly person: Person
  readonly watchdog: Watchdog
  readonly confirmer: Confirmer
  readonly switches: readonly Switch[]
  readonly late: readonly LateCommit[]
  readonly history: History
  readonly faultsLeft: number
}

const RUN: Run = { at: 'start', link: 'up', isNewest: false, seen: null, called: false }

export function initialState(scenario: Scenario, faultsLeft: number): State {
  return {
    scenario,
    pending: { owner: 'before', target: 'old', rollbackTarget: 'earlier', phase: 'confirmed' },
    server: { lock: '', files: 'old', containers: 'old', stopped: false, current: 'old', confirmed: 'old' },
    timer: NO_TIMER,
    'run-1': RUN,
    'run-2': RUN,
    person: { at: 'start', isNewest: false },
    watchdog: { at: 'absent', isNewest: false, began: false },
    confirmer: { at: 'start', isNewest: false },
    switches: [],
    late: [],
    history: { base: 'old', decided: { new: '', newer: '' }, isExcused: false },
    faultsLeft,
  }
}

export function releaseOf(run: RunName): 'new' | 'newer' {
  return run === 'run-1' ? 'new' : 'newer'
}
