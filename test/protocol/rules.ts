// The rules of the protocol. Each can be switched off, and the search must then find a history that goes wrong: so none is here
// out of caution.
import type { Slice } from './slices.ts'

interface Rule {
  readonly why: string
  /** The smallest part of the state space in which its absence shows. */
  readonly shownIn: Slice
}

const slice = (faults: number, ...others: Slice['others']): Slice => ({ others, faults })

export const RULES = {
  oneActorHasTheLock: {
    why: 'Nobody acts without the lock: two who act at once undo each other.',
    shownIn: slice(1),
  },
  lockEndsByItself: {
    why: 'The lock ends with its connection, after silence and after a limit: a run that hangs must not block the watchdog.',
    shownIn: slice(1),
  },
  fenceOldEpochs: {
    why: 'A script of an older epoch is refused: its run lost the lock, and somebody else has decided since.',
    shownIn: slice(1),
  },
  checkWhileActivating: {
    why: 'Epoch and phase are compared after `activating` is held: a switch can wait for it while others decide.',
    shownIn: slice(1),
  },
  oneSwitchAtATime: {
    why: '`activating` is held for the whole switch: two of them leave a mixture.',
    shownIn: slice(1),
  },
  composeInheritsActivating: {
    why: 'Compose inherits `activating`: when its shell is killed, its `up` still works.',
    shownIn: slice(1),
  },
  intentBeforeWork: {
    why: 'A switch writes `pending` before it moves the first file: nobody repairs what is not on record.',
    shownIn: slice(0, 'person'),
  },
  commitOnlyWhatASwitchEnded: {
    why: 'A rollback is committed only after a switch of its own has ended well: an older one can still hold `activating`.',
    shownIn: slice(2, 'confirmer'),
  },
  runNeverStartsOver: {
    why: 'A run that had called for a switch, and finds the `pending` of another, ends: its release may have been rolled back.',
    shownIn: slice(1, 'person'),
  },
  compareAndSetOnArm: {
    why: 'A switch is armed only over the `pending` it was planned from: a confirm, which needs no lock, can come in between.',
    shownIn: slice(0, 'run-2', 'confirmer'),
  },
  rollbackOnlyUnfinished: {
    why: 'An automatic rollback starts from an unfinished phase only: a confirm can win at the last moment.',
    shownIn: slice(0, 'confirmer'),
  },
  settleAndPlanFromOneRead: {
    why: 'Links are repaired from the same read of `pending` that the plan is made from.',
    shownIn: slice(0, 'run-2', 'confirmer'),
  },
  linksAreDerived: {
    why: '`confirmed` is derived from `pending` by whoever takes the lock: two files cannot change in one step.',
    shownIn: slice(1, 'run-2'),
  },
  supersedeKeepsRollbackTarget: {
    why: 'A deploy over a waiting release returns to the confirmed one, never to the waiting one.',
    shownIn: slice(0, 'run-2'),
  },
  reconcileFirst: {
    why: "Whoever takes the lock finishes an unfinished switch before an own one: it may be a person's rollback.",
    shownIn: slice(1, 'person'),
  },
  watchdogBeforeIntent: {
    why: 'A watchdog lives before `pending` is armed: the run can die right afterwards.',
    shownIn: slice(1),
  },
  supersedeKeepsWatchdog: {
    why: 'A deploy over a waiting release keeps its watchdog: in between, nobody would guard it.',
    shownIn: slice(1, 'run-2'),
  },
  watchdogSeenUnderLock: {
    why: 'The watchdog is seen to live after the lock was taken: before that, it can be about to end.',
    shownIn: slice(0),
  },
  watchdogRestarts: {
    why: 'The watchdog starts again by itself: when it was killed, with the engine, and after a reboot.',
    shownIn: slice(1),
  },
  watchdogContinuesAnyRollback: {
    why: 'The watchdog continues a rollback whoever began it: a run, a person, a request, or itself before it was killed.',
    shownIn: slice(0, 'confirmer'),
  },
  watchdogLooksAgain: {
    why: 'The watchdog reads `pending` again after it took the lock: another release may wait by then.',
    shownIn: slice(0, 'person'),
  },
  watchdogEndsUnderLock: {
    why: 'The watchdog takes the lock to end: no run can rely on it meanwhile, and calls of dead runs become old.',
    shownIn: slice(1),
  },
  ownReadings: {
    why: 'Within a boot the watchdog trusts its own readings only: a clock that jumps must not roll back.',
    shownIn: slice(1),
  },
  smallerAfterReboot: {
    why: 'After a reboot the smaller of both times counts: a clock that was set back must not keep a release for years.',
    shownIn: slice(2),
  },
  compareAndSetOnConfirm: {
    why: 'A confirm reads and writes in one step: a rollback can begin in between.',
    shownIn: slice(0, 'confirmer'),
  },
  confirmComparesTarget: {
    why: 'A confirm names owner and target: another release may wait by then.',
    shownIn: slice(0, 'run-2', 'confirmer'),
  },
  confirmOnlyWaiting: {
    why: 'Only a waiting release is confirmed from outside: in an earlier phase nobody has verified it.',
    shownIn: slice(0, 'confirmer'),
  },
  confirmVerifies: {
    why: 'A confirm looks at what runs: the engine may have come back without it.',
    shownIn: slice(1, 'confirmer'),
  },
  requestComparesTarget: {
    why: 'A request to roll back names owner and target, of an unfinished phase.',
    shownIn: slice(0, 'confirmer'),
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof RULES
export type Rules = Readonly<Record<RuleName, boolean>>

export const RULE_NAMES = Object.keys(RULES) as RuleName[]

export function without(...off: readonly RuleName[]): Rules {
  const rules = RULE_NAMES.map(name => [name, !off.includes(name)] as const)
  return Object.fromEntries(rules) as Rules
}

export const ALL_RULES = without()
