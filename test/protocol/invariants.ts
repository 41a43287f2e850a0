// What must hold: after each step, in each state, and wherever nothing more happens by itself. And the history that they compare with.
import { isFinal } from '@deploy-actions/core/release/pending'
import { isRun, isUnfinished, type Step } from './effects.ts'
import { type History, type Release, type Report, RUNS, releaseOf, type State } from './state.ts'

/** Adds to the history what a step has decided. */
export function remember(before: State, { next }: Step): State {
  const { pending } = next
  let { base, decided } = next.history
  if (pending !== before.pending) {
    if (pending.phase === 'confirmed') base = pending.target
    if (pending.target === 'new' || pending.target === 'newer') {
      const was = decided[pending.target]
      if (was === '' && (pending.phase === 'confirmed' || pending.phase === 'rolled-back'))
        decided = { ...decided, [pending.target]: pending.phase }
    }
  }
  // From its first effect on, the choice of a person counts.
  if (personWorks(next) && !personWorks(before)) base = 'earlier'
  return withHistory(next, { base, decided, isExcused: isExcused(before, next) })
}

function personWorks({ switches }: State): boolean {
  return switches.some(({ by, at }) => by === 'person' && at !== 'queued')
}

/** Keeps equal histories identical. */
function withHistory(state: State, history: History): State {
  const { base, decided, isExcused } = state.history
  const isSame = base === history.base && decided === history.decided && isExcused === history.isExcused
  return isSame ? state : { ...state, history }
}

/** A confirmer that has looked and not yet decided cannot see that the engine went away in between. */
function isExcused(before: State, next: State): boolean {
  if (next.confirmer.at !== 'commit') return false
  return before.history.isExcused || (before.confirmer.at === 'commit' && next.server.stopped && !before.server.stopped)
}

/** What is wrong with a step, or with the state after it. Undefined when all is right. */
export function violation(before: State, step: Step): string | undefined {
  return wrongDecision(before, step) ?? wrongTarget(step.next) ?? wrongReport(step)
}

function wrongDecision(before: State, { who, next }: Step): string | undefined {
  const { pending, server } = next
  if (pending === before.pending) return undefined
  const { phase, target, rollbackTarget, owner } = pending
  if (phase === 'confirmed' || phase === 'rolled-back') {
    const release = phase === 'confirmed' ? target : rollbackTarget
    const isThere = server.files === release && server.current === release && server.containers === release
    const isExcused = who === 'server' || (who === 'confirmer' && before.history.isExcused)
    if (!isThere || (server.stopped && !isExcused)) return `I5: ${phase}, and ${release} does not run`
    if (!isHealthy(next, release)) return `I2: the unhealthy release ${release} is confirmed`
    if (target === 'new' || target === 'newer') {
      const other = phase === 'confirmed' ? 'rolled-back' : 'confirmed'
      if (before.history.decided[target] === other && owner !== 'person')
        return `I5: ${target} is confirmed and rolled back`
    }
  }
  if (phase === 'rolling-back' && isFinal(before.pending.phase) && owner !== 'person')
    return `I2: a rollback of ${target}, which is ${before.pending.phase}`
  const isEarly = who === 'watchdog' && !before.timer.elapsed && !before.timer.rebooted
  if (phase === 'rolling-back' && before.pending.phase === 'waiting' && isEarly)
    return `I2: ${before.pending.target} is rolled back before its time`
  return undefined
}

function isHealthy({ scenario }: State, release: Release): boolean {
  return release === 'new' || release === 'newer' ? scenario.healthy[release] : true
}

function wrongTarget(state: State): string | undefined {
  const { pending, history } = state
  if (!isUnfinished(state) || pending.rollbackTarget === history.base) return undefined
  return `I2: the rollback target is ${pending.rollbackTarget}, and ${history.base} is the confirmed release`
}

const TRUE_FOR: Partial<Record<Report, string>> = {
  deployed: 'confirmed',
  confirmed: 'confirmed',
  'rolled-back': 'rolled-back',
}

function wrongReport({ who, next, report }: Step): string | undefined {
  const expected = report && TRUE_FOR[report]
  const decided = next.history.decided[isRun(who) ? releaseOf(who) : 'new']
  if (expected === undefined || decided === expected) return undefined
  return `I5: ${who} reports ${report}, and its release is ${decided || 'undecided'}`
}

/** What is wrong with a state in which nothing more happens by itself. */
export function wrongEnd(state: State): string | undefined {
  const { pending, server, history, watchdog } = state
  if (isUnfinished(state)) return `I7: ${pending.phase} stays, and nobody acts`
  for (const name of RUNS) {
    const { at, link } = state[name]
    if (link === 'up' && at !== 'start' && at !== 'done') return `I7: ${name} waits forever (${at})`
  }
  for (const name of ['person', 'confirmer'] as const)
    if (!['start', 'done'].includes(state[name].at)) return `I7: the ${name} waits forever (${state[name].at})`
  if (server.lock !== '') return `I4: the lock stays with ${server.lock}`
  if (watchdog.at !== 'absent') return 'I4: the watchdog stays'
  const { files, current, containers } = server
  if (files !== containers || files !== current)
    return `I1: files of ${files}, current ${current}, containers of ${containers}`
  if (files !== history.base) return `I2: ${files} runs, and ${history.base} is the confirmed release`
  return undefined
}
