// Whoever accepts or refuses the release of run 1 from outside: the post step of its job, its CI, a person. It needs no lock: what it
// does is one compare-and-set of `pending`.
import { freeLock, isInPlace, isUnfinished, type Step, settle, takeLock, writePending } from '../effects.ts'
import type { Rules } from '../rules.ts'
import type { Confirmer, Report, State } from '../state.ts'

const EXPECTED = { owner: 'run-1', target: 'new' } as const

/** It comes at any time, also far too late. */
export function confirmerArrives(state: State): Step[] {
  const { confirmer, scenario } = state
  if (
    !scenario.others.includes('confirmer') ||
    confirmer.at !== 'start' ||
    scenario.confirm['run-1'] === 'none' ||
    !hasActed(state)
  )
    return []
  return (['verify', 'request'] as const).map(at => ({
    kind: 'arrival',
    who: 'confirmer',
    what: at === 'verify' ? 'comes to confirm' : 'comes to request a rollback',
    next: go(state, at),
  }))
}

/** Run 1 has at least called for its switch. */
function hasActed(state: State): boolean {
  return state['run-1'].called || state['run-1'].at === 'done' || state.history.decided.new !== ''
}

export function confirmerSteps(state: State, rules: Rules): Step[] {
  const done = work(state, rules)
  return done === undefined ? [] : [{ kind: 'step', who: 'confirmer', what: done[0], next: done[1], report: done[2] }]
}

function work(state: State, rules: Rules): [what: string, next: State, report?: Report] | undefined {
  const { pending, confirmer, server } = state
  const refused = (what: string): [string, State] => [what, end(state)]
  switch (confirmer.at) {
    case 'verify': {
      if (!isExpected(state, rules)) return refused(`finds ${pending.phase} of ${pending.target}, ends`)
      if (rules.confirmVerifies && !isInPlace(state, pending.target))
        return refused('finds the release not in place, ends')
      return [`finds ${pending.phase} of ${pending.target}`, go(state, 'commit')]
    }
    case 'commit': {
      if (rules.compareAndSetOnConfirm && !isExpected(state, rules))
        return refused(`finds ${pending.phase} by now, ends`)
      return ['writes confirmed', go(writePending(state, { phase: 'confirmed' }), 'tidy'), 'confirmed']
    }
    case 'request': {
      const isAllowed = isUnfinished(state) && pending.owner === EXPECTED.owner && pending.target === EXPECTED.target
      if (rules.requestComparesTarget && !isAllowed) return refused(`finds ${pending.phase} of ${pending.target}, ends`)
      return ['writes rolling-back, ends', end(writePending(state, { phase: 'rolling-back' }))]
    }
    case 'tidy':
      // A matter of tidiness: whoever takes the lock next does it otherwise.
      if (server.lock !== '') return ['leaves the links to the next run', end(state)]
      return ['takes the lock', go(takeLock(state, 'confirmer'), 'tidying')]
    case 'tidying':
      return ['repairs the links, frees the lock', end(settle(state))]
    default:
      return undefined
  }
}

/** Whether `pending` is what it came to confirm. */
function isExpected({ pending }: State, rules: Rules): boolean {
  const isItsOwn = pending.owner === EXPECTED.owner && pending.target === EXPECTED.target
  const isVerified = pending.phase === 'waiting' || (!rules.confirmOnlyWaiting && pending.phase === 'started')
  return isVerified && (isItsOwn || !rules.confirmComparesTarget)
}

function go(state: State, at: Confirmer['at']): State {
  return { ...state, confirmer: { ...state.confirmer, at } }
}

/** It has done its part, or was killed. */
export function end(state: State): State {
  return { ...freeLock(state, 'confirmer'), confirmer: { at: 'done', isNewest: false } }
}
