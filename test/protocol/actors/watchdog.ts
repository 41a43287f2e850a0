// The watchdog on the server: bound to the project, never to a release or an epoch. It ends when there is nothing to guard.
import { isFinal } from '@deploy-actions/core/release/pending'
import {
  afterDecision,
  callSwitch,
  commit,
  freeLock,
  isInPlace,
  rest,
  type Step,
  settle,
  takeLock,
} from '../effects.ts'
import type { Rules } from '../rules.ts'
import type { State, Timer, Watchdog } from '../state.ts'

export function watchdogSteps(state: State, rules: Rules): Step[] {
  const done = work(state, rules)
  return done === undefined ? [] : [{ kind: 'step', who: 'watchdog', what: done[0], next: done[1] }]
}

/** Undefined while there is nothing to do. */
function work(state: State, rules: Rules): [what: string, next: State] | undefined {
  const { pending, watchdog, server } = state
  const go = (changed: State, at: Watchdog['at']): State => ({ ...changed, watchdog: { ...changed.watchdog, at } })
  switch (watchdog.at) {
    case 'restarting':
      if (!rules.watchdogRestarts) return undefined
      return ['starts again', go(state, 'looking')]
    case 'looking':
      // Who holds the lock is alive, and acts.
      if (server.lock !== '') return undefined
      if (hasEnded(state, rules) && !rules.watchdogEndsUnderLock) return [`sees ${pending.phase}`, go(state, 'ending')]
      if (isWaitingInTime(state, rules)) return undefined
      return [`sees ${pending.phase} and a free lock`, go(state, 'noticed')]
    case 'ending':
      return ['ends', endWatchdog(state)]
    case 'noticed':
      if (!rules.oneActorHasTheLock)
        return ['acts without the lock', go({ ...state, watchdog: { ...watchdog, isNewest: true } }, 'locked')]
      if (server.lock !== '') return ['finds the lock held', go(state, 'looking')]
      return ['takes the lock', go(takeLock(state, 'watchdog'), 'locked')]
    case 'locked': {
      const settled = rules.linksAreDerived ? settle(state) : state
      if (hasEnded(state, rules)) return [`finds ${pending.phase}, ends`, endWatchdog(settled)]
      if (rules.watchdogLooksAgain && isWaitingInTime(state, rules))
        return ['finds a release that has time', rest(state)]
      const called = callSwitch(state, 'watchdog', 'backward', pending.rollbackTarget, pending)
      return [
        'calls rollback',
        go({ ...called, watchdog: { ...called.watchdog, began: !rules.watchdogContinuesAnyRollback } }, 'switching'),
      ]
    }
    case 'verify': {
      if (!isInPlace(state, pending.rollbackTarget)) return ['finds the rollback not in place', go(state, 'locked')]
      const done = commit(state, watchdog, pending, 'rolled-back', rules)
      return done === undefined
        ? ['its finish is refused, frees the lock', rest(state)]
        : ['verifies, writes rolled-back, frees the lock', rest(afterDecision(done, rules))]
    }
    default:
      // It is absent, or waits for its switch.
      return undefined
  }
}

/** Nothing is left to guard. */
function hasEnded({ pending, watchdog }: State, rules: Rules): boolean {
  const isNotItsOwn = pending.phase === 'rolling-back' && !watchdog.began
  return isFinal(pending.phase) || (!rules.watchdogContinuesAnyRollback && isNotItsOwn)
}

function isWaitingInTime({ pending, timer }: State, rules: Rules): boolean {
  return pending.phase === 'waiting' && !isExpired(timer, rules)
}

function isExpired({ elapsed, wall, rebooted }: Timer, rules: Rules): boolean {
  const clock = wall === 'passed'
  if (!rebooted) return rules.ownReadings ? elapsed : clock
  return rules.smallerAfterReboot ? elapsed || clock : clock
}

/** Time passes for a release that waits, however long it is. */
export function timeSteps(state: State): Step[] {
  const { pending, timer } = state
  if (pending.phase !== 'waiting' || timer.elapsed) return []
  const wall = timer.wall === 'never' ? 'never' : 'passed'
  return [
    {
      kind: 'step',
      who: 'time',
      what: 'the deadline passes',
      next: { ...state, timer: { ...timer, elapsed: true, wall } },
    },
  ]
}

export function startWatchdog(state: State): State {
  return state.watchdog.at === 'absent' ? rest(state) : state
}

export function endWatchdog(state: State): State {
  return { ...freeLock(state, 'watchdog'), watchdog: { at: 'absent', isNewest: false, began: false } }
}

export function killWatchdog(state: State): State {
  if (state.watchdog.at === 'absent') return state
  const killed: State = {
    ...freeLock(state, 'watchdog'),
    watchdog: { at: 'restarting', isNewest: false, began: false },
    // They live in its container.
    switches: state.switches.filter(({ by }) => by !== 'watchdog'),
  }
  return killed
}
