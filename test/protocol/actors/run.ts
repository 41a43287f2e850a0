// A deploy, as it runs on a runner far away from the server. It learns what became of its calls only while its connection lives; after
// that it reads `pending`, as everybody else does.
import { isFinal } from '@deploy-actions/core/release/pending'
import {
  afterDecision,
  callSwitch,
  commit,
  freeLock,
  isInPlace,
  isUnfinished,
  orphan,
  type Step,
  setRun,
  settle,
  takeLock,
} from '../effects.ts'
import type { Rules } from '../rules.ts'
import { type LateCommit, type Report, type Run, type RunName, releaseOf, type State } from '../state.ts'
import { endWatchdog, startWatchdog } from './watchdog.ts'

type Done = readonly [what: string, next: State, report?: Report]

export function runSteps(state: State, name: RunName, rules: Rules): Step[] {
  const { at, link } = state[name]
  const { lock } = state.server
  const steps: Step[] = []
  if (link !== 'up' && lock === name && rules.lockEndsByItself)
    steps.push({
      kind: 'step',
      who: 'server',
      what: `hears nothing, frees the lock of ${name}`,
      next: freeLock(state, name),
    })
  if (link === 'asleep')
    steps.push({ kind: 'arrival', who: name, what: 'goes on, late', next: setRun(state, name, { link: 'up' }) })
  // A lock of its own it takes over, by its token.
  const canLock = lock === '' || (lock === name && link === 'cut')
  if (at === 'start' && (name === 'run-1' || state.scenario.others.includes(name)))
    steps.push(...arrive(state, name, rules))
  if (link === 'cut' && canLock)
    steps.push({ kind: 'arrival', who: name, what: 'reconnects, takes the lock', next: locked(state, name) })
  const done = link === 'up' ? work(state, name, rules) : undefined
  if (done !== undefined) steps.push({ kind: 'step', who: name, what: done[0], next: done[1], report: done[2] })
  return steps
}

function arrive(state: State, name: RunName, rules: Rules): Step[] {
  const isEarly = !rules.watchdogSeenUnderLock && !state[name].called
  if (isEarly) {
    const next = setRun(startWatchdog(state), name, { called: true })
    return [{ kind: 'arrival', who: name, what: 'starts, has a watchdog before it has the lock', next }]
  }
  if (state.server.lock !== '') return []
  return [
    { kind: 'arrival', who: name, what: 'takes the lock', next: setRun(locked(state, name), name, { called: false }) },
  ]
}

function locked(state: State, name: RunName): State {
  return setRun(takeLock(state, name), name, { link: 'up', at: 'locked' })
}

/** Undefined while it waits for something. */
function work(state: State, name: RunName, rules: Rules): Done | undefined {
  const run = state[name]
  const go = (changed: State, change: Partial<Run>) => setRun(changed, name, change)
  const release = releaseOf(name)
  switch (run.at) {
    case 'locked': {
      if (!run.isNewest) return ['has lost the lock', go(state, { at: 'fenced' })]
      const settled = rules.linksAreDerived ? settle(state) : state
      if (!rules.settleAndPlanFromOneRead) return ['repairs the links', go(settled, { at: 'settled' })]
      return decide(settled, name, rules)
    }
    case 'settled':
      return decide(state, name, rules)
    case 'plan':
      return callForward(state, name, rules)
    case 'verify': {
      const guarded = rules.watchdogBeforeIntent ? state : startWatchdog(state)
      const isGood = isInPlace(state, release) && state.scenario.healthy[release]
      if (!isGood) return rollBack(guarded, name, 'finds it unhealthy')
      const to = state.scenario.confirm[name] === 'none' ? 'confirmed' : 'waiting'
      const done = commit(guarded, run, { owner: name, target: release }, to, rules)
      if (done === undefined) return ['its finish is refused', go(guarded, { at: 'fenced' })]
      if (to === 'confirmed') return ['verifies, writes confirmed', go(done, { at: 'leave' })]
      return ['verifies, writes waiting, frees the lock', end(done, name), 'waits']
    }
    case 'repeat':
      return rollBack(state, name, 'its rollback was ended')
    case 'verify-back': {
      const { pending } = state
      if (!isInPlace(state, pending.rollbackTarget)) return rollBack(state, name, 'finds the rollback not in place')
      const done = commit(state, run, pending, 'rolled-back', rules)
      if (done === undefined) return ['its finish is refused', go(state, { at: 'fenced' })]
      if (pending.owner === name)
        return ['verifies, writes rolled-back, frees the lock', end(afterDecision(done, rules), name), 'rolled-back']
      return ['verifies, writes rolled-back', go(afterDecision(done, rules), { at: 'locked' })]
    }
    case 'fenced':
      // It has the response: if `pending` is not its own, then its switch has not begun.
      if (run.isNewest) return ['looks again', go(state, { at: 'locked', called: state.pending.owner === name })]
      return ['has lost the lock, ends', end(state, name), 'failed']
    case 'leave':
      return ['repairs the links, frees the lock', end(run.isNewest ? settle(state) : state, name), 'deployed']
    default:
      // start, done; or it waits for its switch.
      return undefined
  }
}

/** What to do about the `pending` that is there when the lock was taken. */
function decide(state: State, name: RunName, rules: Rules): Done {
  const { pending, timer } = state
  const found = `finds ${pending.phase}`
  const plan = (what: string): Done => [`${found}, ${what}`, setRun(state, name, { at: 'plan', seen: pending })]
  const finish = (report: Report): Done => [`${found} of its own, frees the lock`, end(state, name), report]
  if (pending.owner === name) {
    switch (pending.phase) {
      case 'armed':
        return plan('switches again')
      case 'started':
        return [`${found} of its own`, setRun(state, name, { at: 'verify' })]
      case 'waiting':
        return finish('waits')
      case 'confirmed':
        return finish('deployed')
      case 'rolled-back':
        return finish('rolled-back')
      default:
        return rollBack(state, name, found)
    }
  }
  // It cannot know whether its own switch had begun.
  if (state[name].called && rules.runNeverStartsOver) return [`${found} of another, ends`, end(state, name), 'failed']
  if (isFinal(pending.phase)) return plan('plans')
  if (pending.phase === 'waiting' && timer.wall !== 'passed') return plan('plans to supersede it')
  if (!rules.reconcileFirst) return plan('plans over it')
  return rollBack(state, name, found)
}

/** A watchdog first, then the call for the switch. Undefined while a killed watchdog has not come back. */
function callForward(state: State, name: RunName, rules: Rules): Done | undefined {
  const { watchdog } = state
  const { seen } = state[name]
  if (seen === null) return undefined
  // Or a run that was suspended would start one watchdog after the other.
  if (rules.fenceOldEpochs && !state[name].isNewest)
    return ['is refused', setRun(state, name, { at: 'fenced', seen: null })]
  const call = (from: State) =>
    setRun(callSwitch(from, name, 'forward', releaseOf(name), seen), name, {
      at: 'switching',
      seen: null,
      called: true,
    })
  const isNeeded = rules.watchdogBeforeIntent && rules.watchdogSeenUnderLock
  if (!rules.supersedeKeepsWatchdog && seen.phase === 'waiting' && watchdog.at !== 'absent')
    return ['removes the old watchdog', endWatchdog(state)]
  if (isNeeded && watchdog.at === 'absent') {
    if (rules.supersedeKeepsWatchdog || seen.phase !== 'waiting') return ['starts the watchdog', startWatchdog(state)]
    return ['starts another watchdog, calls activate', call(startWatchdog(state))]
  }
  if (isNeeded && watchdog.at === 'restarting') return undefined
  return [isNeeded ? 'sees the watchdog live, calls activate' : 'calls activate', call(state)]
}

function rollBack(state: State, name: RunName, why: string): Done {
  const { pending } = state
  if (!isUnfinished(state)) return [`${why}, and ${pending.phase}`, setRun(state, name, { at: 'fenced' })]
  const called = callSwitch(state, name, 'backward', pending.rollbackTarget, pending)
  return [`${why}, calls rollback`, setRun(called, name, { at: 'switching-back' })]
}

/** All runs that have ended are alike. */
function end(state: State, name: RunName): State {
  const done = { at: 'done', link: 'up', isNewest: false, seen: null, called: false } as const
  return setRun(freeLock(state, name), name, done)
}

/** The run cannot be heard any more; what it called for works on. */
export function cutOff(state: State, name: RunName): State {
  return setRun(orphan(state, name), name, { link: 'cut', at: 'locked', isNewest: false, seen: null })
}

/** The finish that a run is about to send. */
export function finishInFlight(state: State, name: RunName, rules: Rules): LateCommit | undefined {
  const { at, isNewest } = state[name]
  const after = at === 'verify' || at === 'verify-back' ? work(state, name, rules)?.[1].pending : undefined
  if (after === undefined || after === state.pending) return undefined
  return { isNewest, owner: after.owner, target: after.target, to: after.phase }
}
