// The activation: the one program that changes files and containers, forward to a new release and back to an earlier one. It runs in
// a session of its own and ends when it is done, whatever became of its caller.
import { endPerson, isRun, isSame, isUnfinished, rest, type Step, setRun, setServer, writePending } from '../effects.ts'
import type { Rules } from '../rules.ts'
import type { State, Switch } from '../state.ts'

type Result = 'ok' | 'failed' | 'fenced'

export function switchSteps(state: State, rules: Rules): Step[] {
  return state.switches.flatMap((one, index) => {
    const done = advance(state, one, index, rules)
    if (done === undefined) return []
    const [what, next] = done
    const name = `switch ${one.direction} to ${one.release}${one.isOrphan ? ', left behind' : ''}`
    return [{ kind: 'step', who: one.by, what: `${name}: ${what}`, next }]
  })
}

/** Undefined while it waits. */
function advance(state: State, one: Switch, index: number, rules: Rules): [what: string, next: State] | undefined {
  const go = (changed: State, at: Switch['at']) => replace(changed, index, { ...one, at })
  const end = (result: Result, changed = state) => deliver(remove(changed, index), one, result, rules)
  switch (one.at) {
    case 'queued': {
      const isBusy = rules.oneSwitchAtATime && state.switches.some(other => holdsActivating(other, rules))
      if (isBusy) return undefined
      const intended = intend(state, one, rules)
      return intended === undefined
        ? ['is refused', end('fenced')]
        : [
            intended === state ? 'gets activating' : `gets activating, writes ${intended.pending.phase}`,
            replace(intended, index, { ...one, at: 'files', seen: null }),
          ]
    }
    case 'files':
      return ['moves the first file', go(setServer(state, { files: 'mixture' }), 'moving')]
    case 'moving':
      return [
        'moves the last file, sets current',
        go(setServer(state, { files: one.release, current: one.release }), 'moved'),
      ]
    case 'moved':
      return ['begins up', go(setServer(state, { containers: 'mixture' }), 'up')]
    case 'up':
      if (one.hasFailed) return ['up fails', go(state, 'record')]
      return ['up ends', go(setServer(state, { containers: one.release, stopped: false }), 'record')]
    case 'compose-only':
      // Its shell was killed: nobody is there to record anything.
      if (one.hasFailed) return ['Compose, left alone, fails', remove(state, index)]
      return [
        'Compose, left alone, ends up',
        remove(setServer(state, { containers: one.release, stopped: false }), index),
      ]
    case 'record': {
      const result = one.hasFailed ? 'failed' : 'ok'
      if (one.direction === 'backward') return [`ends, ${result}`, end(result)]
      if (!mayRecord(state, one, rules)) return ['is refused at its end', end('fenced')]
      return [`writes started, ends, ${result}`, end(result, writePending(state, { phase: 'started' }))]
    }
  }
}

/** The intent, written under `state` while `activating` is held. Undefined when it is refused. */
function intend(state: State, one: Switch, rules: Rules): State | undefined {
  const { pending } = state
  if (rules.checkWhileActivating && isOld(one, rules)) return undefined
  if (isRun(one.by) && one.direction === 'forward') {
    if (rules.compareAndSetOnArm && !(one.seen !== null && isSame(pending, one.seen))) return undefined
    const isOverWaiting = one.seen?.phase === 'waiting'
    const keeps = rules.supersedeKeepsRollbackTarget || !isOverWaiting
    const rollbackTarget = keeps ? state.server.confirmed : state.server.current
    return writePending(state, { owner: one.by, target: one.release, rollbackTarget, phase: 'armed' })
  }
  if (one.by === 'person') {
    if (!rules.intentBeforeWork) return state
    const target = isUnfinished(state) ? pending.target : one.release
    return writePending(state, { owner: 'person', target, rollbackTarget: one.release, phase: 'rolling-back' })
  }
  if (rules.rollbackOnlyUnfinished && !isUnfinished(state)) return undefined
  return writePending(state, { phase: 'rolling-back' })
}

/** The phase must still be this switch's own: somebody may have decided meanwhile. */
function mayRecord({ pending }: State, one: Switch, rules: Rules): boolean {
  if (isOld(one, rules)) return false
  return pending.phase === 'armed' && pending.owner === one.by && pending.target === one.release
}

function isOld(one: Switch, rules: Rules): boolean {
  return rules.fenceOldEpochs && !one.isNewest
}

function holdsActivating({ at }: Switch, rules: Rules): boolean {
  return at === 'compose-only' ? rules.composeInheritsActivating : at !== 'queued'
}

export function remove(state: State, index: number): State {
  return { ...state, switches: state.switches.filter((_, other) => other !== index) }
}

function replace(state: State, index: number, one: Switch): State {
  return { ...state, switches: state.switches.map((other, at) => (at === index ? one : other)) }
}

/** Hands the result to the caller, if it still waits. A switch forward that failed is found out by what it left. */
export function deliver(state: State, one: Switch, result: Result, rules: Rules): State {
  if (one.isOrphan) return state
  const isFenced = result === 'fenced'
  const isOver = result === 'ok' || !rules.commitOnlyWhatASwitchEnded
  if (isRun(one.by)) {
    const back = isOver ? 'verify-back' : 'repeat'
    return setRun(state, one.by, { at: isFenced ? 'fenced' : one.direction === 'forward' ? 'verify' : back })
  }
  if (one.by === 'person')
    return isFenced ? endPerson(state) : { ...state, person: { ...state.person, at: isOver ? 'verify' : 'locked' } }
  return isFenced ? rest(state) : { ...state, watchdog: { ...state.watchdog, at: isOver ? 'verify' : 'locked' } }
}
