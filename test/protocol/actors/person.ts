// `rollback.sh`, run by a person on the server. It goes to the release that the person chose, whatever is pending.
import {
  afterDecision,
  callSwitch,
  commit,
  endPerson,
  isInPlace,
  orphan,
  type Step,
  settle,
  takeLock,
  writePending,
} from '../effects.ts'
import type { Rules } from '../rules.ts'
import type { Person, Release, State } from '../state.ts'
import { startWatchdog } from './watchdog.ts'

const CHOSEN: Release = 'earlier'

export function personArrives(state: State): Step[] {
  const isThere = state.scenario.others.includes('person') && state.person.at === 'start' && state.server.lock === ''
  if (!isThere) return []
  const next = go(takeLock(state, 'person'), 'locked')
  return [{ kind: 'arrival', who: 'person', what: `runs rollback.sh of ${CHOSEN}, takes the lock`, next }]
}

export function personSteps(state: State, rules: Rules): Step[] {
  const done = work(state, rules)
  return done === undefined ? [] : [{ kind: 'step', who: 'person', what: done[0], next: done[1] }]
}

function work(state: State, rules: Rules): [what: string, next: State] | undefined {
  const { pending, person } = state
  const call = (from: State) => go(callSwitch(from, 'person', 'backward', CHOSEN, pending), 'switching')
  switch (person.at) {
    case 'locked': {
      if (state.watchdog.at === 'restarting') return undefined
      const settled = rules.linksAreDerived ? settle(state) : state
      return ['has a watchdog, calls rollback', call(rules.watchdogBeforeIntent ? startWatchdog(settled) : settled)]
    }
    case 'verify': {
      if (!isInPlace(state, CHOSEN)) return ['finds the rollback not in place, calls again', call(state)]
      const decision = { owner: 'person', target: CHOSEN, rollbackTarget: CHOSEN, phase: 'rolled-back' } as const
      const done = rules.intentBeforeWork
        ? commit(state, person, { owner: 'person', target: pending.target }, 'rolled-back', rules)
        : writePending(state, decision)
      return done === undefined
        ? ['its finish is refused, ends', endPerson(state)]
        : ['verifies, writes rolled-back, ends', endPerson(afterDecision(done, rules))]
    }
    default:
      return undefined
  }
}

function go(state: State, at: Person['at']): State {
  return { ...state, person: { ...state.person, at } }
}

/** The terminal is closed: the kernel frees the lock at once, the switch works on. */
export function killPerson(state: State): State {
  return endPerson(orphan(state, 'person'))
}
