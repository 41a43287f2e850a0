// What an actor's step can do to the server: each is one atomic effect. All are pure.
import { isFinal } from '@deploy-actions/core/release/pending'
import type { Rules } from './rules.ts'
import {
  type ActorName,
  NO_TIMER,
  type Pending,
  type Phase,
  type Report,
  RUNS,
  type Run,
  type RunName,
  type Server,
  type State,
  type Switch,
} from './state.ts'

/**
 * step: happens sooner or later. arrival: may happen, and nothing may depend on it (somebody starts, reconnects, wakes up).
 * fault: as an arrival, and their number is limited.
 */
export interface Step {
  readonly kind: 'step' | 'arrival' | 'fault'
  readonly who: ActorName | 'server' | 'time' | 'fault'
  readonly what: string
  readonly next: State
  readonly report?: Report | undefined
}

export function setRun(state: State, name: RunName, change: Partial<Run>): State {
  return { ...state, [name]: { ...state[name], ...change } }
}

export function setServer(state: State, change: Partial<Server>): State {
  return { ...state, server: { ...state.server, ...change } }
}

/** One who has an old epoch by now. */
function age<T extends { readonly isNewest: boolean }>(holder: T): T {
  return holder.isNewest ? { ...holder, isNewest: false } : holder
}

/** Takes the kernel lock and increments the epoch. */
export function takeLock(state: State, who: ActorName): State {
  const aged: State = {
    ...state,
    'run-1': age(state['run-1']),
    'run-2': age(state['run-2']),
    person: age(state.person),
    watchdog: age(state.watchdog),
    confirmer: age(state.confirmer),
    switches: state.switches.map(age),
    late: state.late.map(age),
  }
  return setServer({ ...aged, [who]: { ...aged[who], isNewest: true } }, { lock: who })
}

export function freeLock(state: State, who: ActorName): State {
  return state.server.lock === who ? setServer(state, { lock: '' }) : state
}

export function writePending(state: State, change: Partial<Pending>): State {
  const pending = { ...state.pending, ...change }
  return { ...state, pending, timer: NO_TIMER }
}

/** Repairs the link `confirmed` from `pending`. */
export function settle(state: State): State {
  const { phase, target, rollbackTarget } = state.pending
  if (phase === 'confirmed') return setServer(state, { confirmed: target })
  if (phase === 'rolled-back') return setServer(state, { confirmed: rollbackTarget })
  return state
}

/** After a decision. Without the rule, who decides writes the link too, and readers trust it. */
export function afterDecision(state: State, rules: Rules): State {
  return rules.linksAreDerived ? state : settle(state)
}

/** Under `state`: the phase changes only for who is named in `pending`, and knows the newest epoch. Undefined when refused. */
export function commit(
  state: State,
  caller: { readonly isNewest: boolean },
  expected: Pick<Pending, 'owner' | 'target'>,
  to: Phase,
  rules: Rules,
): State | undefined {
  const { owner, target, phase } = state.pending
  if (rules.fenceOldEpochs && !caller.isNewest) return undefined
  if (owner !== expected.owner || target !== expected.target) return undefined
  if (phase !== (to === 'rolled-back' ? 'rolling-back' : 'started')) return undefined
  return writePending(state, { phase: to })
}

/** Whether exactly this release lies and runs there. */
export function isInPlace({ server }: State, release: string): boolean {
  return server.files === release && server.current === release && server.containers === release && !server.stopped
}

/** Calls for a switch. Within one boot a caller has one that is its own; those before are orphans. */
export function callSwitch(
  state: State,
  by: Switch['by'],
  direction: Switch['direction'],
  release: Switch['release'],
  seen: Pending,
): State {
  const called: Switch = {
    by,
    direction,
    release,
    seen,
    at: 'queued',
    isNewest: state[by].isNewest,
    isOrphan: false,
    hasFailed: false,
  }
  return { ...state, switches: [...state.switches, called] }
}

/** A switch whose caller is gone works on. */
export function orphan(state: State, by: ActorName): State {
  return { ...state, switches: state.switches.map(one => (one.by === by ? { ...one, isOrphan: true } : one)) }
}

export function isUnfinished(state: State): boolean {
  return !isFinal(state.pending.phase)
}

export function isSame(a: Pending, b: Pending): boolean {
  return a.owner === b.owner && a.target === b.target && a.phase === b.phase && a.rollbackTarget === b.rollbackTarget
}

export const isRun = (who: string): who is RunName => RUNS.some(run => run === who)

/** The watchdog has done what it can for now. */
export function rest(state: State): State {
  return { ...freeLock(state, 'watchdog'), watchdog: { at: 'looking', isNewest: false, began: false } }
}

export function endPerson(state: State): State {
  return { ...freeLock(state, 'person'), person: { at: 'done', isNewest: false } }
}
