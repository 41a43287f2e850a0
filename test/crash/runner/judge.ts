import { neighboursUntouched, nothingLost } from '../scripts/invariants.ts'
import type { Snapshot } from '../scripts/snapshot.ts'
import type { EngineEnd } from './engine-run.ts'
import {
  type Branches,
  type Comparison,
  differencesFrom,
  RECOVERIES,
  type RecoveryName,
  type StepEnd,
} from './recovery.ts'

type Findings = readonly string[]

/** What a run is judged by. */
export interface Standard {
  readonly old: Snapshot
  readonly fresh: Snapshot
  /** The exit status of an undisturbed run. */
  readonly status: 0 | 1
  readonly comparison: Comparison
  /** What ran before was not on record: a run that failed can have left it there, for a rollback to restore. */
  readonly isUnrecorded: boolean
}

/** I5, truthful, and what must hold at once: the run that was disturbed against the state that it leaves. */
export function judgeRun(standard: Standard, end: EngineEnd, snapshot: Snapshot, mode: string): Findings {
  const { status, report, bug } = end
  const from = (expected: Snapshot) => differencesFrom(expected, withoutLeavers(snapshot), standard.comparison)
  const claim = `I5 exit status ${status} (${report.split('\n')[0]}), but`
  const untrue = {
    0: () => (standard.status === 0 ? from(standard.fresh) : ['the release is unhealthy']),
    1: () => from(standard.old),
    2: () => [],
  }
  return [
    ...(bug === undefined ? [] : [`I5 not a report but a bug: ${bug}`]),
    ...(status === undefined ? [] : untrue[status]().map(line => `${claim} ${line}`)),
    ...(mode === 'noise' && status !== standard.status
      ? [`I5 a banner made it end with status ${status}: ${report}`]
      : []),
    ...stillAlive(end),
    ...neighboursUntouched(standard.old, snapshot),
  ]
}

/** Containers of services that left are stopped and renamed; where the run could not remove them, the next one does. */
function withoutLeavers(snapshot: Snapshot): Snapshot {
  const containers = [...snapshot.containers].filter(([, text]) => !text.startsWith('deploy-left-'))
  return { ...snapshot, containers: new Map(containers) }
}

/** A run that went on after another one had deployed: nothing of what that one did is touched. */
export function judgeSuspended(
  standard: Standard,
  { forward }: { readonly forward: Branches },
  end: EngineEnd,
  other: EngineEnd | undefined,
  snapshot: Snapshot,
): Findings {
  const deployed = [forward.old[0], forward.new[0]].flatMap(step => step?.snapshot ?? [])
  const differences = shortest(deployed.map(expected => differencesFrom(expected, snapshot, standard.comparison)))
  return [
    ...(other?.status === 0 ? [] : [`I7 the deploy meanwhile failed: ${other?.report ?? 'it did not run'}`]),
    ...(end.bug === undefined ? [] : [`I5 not a report but a bug: ${end.bug}`]),
    ...differences.map(line => `I1 after the deploy of another run: ${line}`),
    ...stillAlive(end),
    ...neighboursUntouched(standard.old, snapshot),
  ]
}

/** I1, I3, I4, I6 and I7 after each step of a recovery. */
export function judgeRecovery(
  standard: Standard,
  branches: Branches,
  disturbed: EngineEnd,
  name: RecoveryName,
  steps: readonly StepEnd[],
): Findings {
  const findings = steps.flatMap(({ end, snapshot }) => [
    ...(end.bug === undefined ? [] : [`I7 not a report but a bug: ${end.bug}`]),
    ...(snapshot.leftovers.length === 0 ? [] : [`I4 left behind: ${snapshot.leftovers.join(', ')}`]),
    ...snapshot.tornJournal.map(line => `I7 torn line in the journal: ${line}`),
    ...stillAlive(end),
    ...neighboursUntouched(standard.old, snapshot),
    ...nothingLost(standard.old, standard.fresh, snapshot),
  ])
  const allowed = allowedEnds(standard, branches, disturbed, name)
  return [...findings, ...shortest(allowed.map(ends => misses(ends, steps, name, standard.comparison)))]
}

interface StepMust {
  readonly status: EngineEnd['status']
  readonly snapshot: Snapshot
}

/**
 * Where a recovery can lead: to what follows from OLD or from NEW. A run that had an exit status has said which of them. A rollback
 * at once can also complete the rollback, or the switch, that the run left unfinished, and ends there.
 */
function allowedEnds(
  { old, fresh, status: undisturbed, isUnrecorded }: Standard,
  branches: Branches,
  { status }: EngineEnd,
  name: RecoveryName,
): readonly (readonly StepMust[])[] {
  const of = (from: 'old' | 'new') => branches[from].map(({ end, snapshot }) => ({ status: end.status, snapshot }))
  const restored = (snapshot: Snapshot) => (name === 'backward' ? [[{ status: 0 as const, snapshot }]] : [])
  if (status === 0) return [of('new')]
  if (status === 1) {
    // A rollback that could not be recorded as complete is completed by the next one.
    return [
      of('old'),
      ...(undisturbed === 1 ? [of('new')] : []),
      ...(isUnrecorded || undisturbed === 1 ? restored(old) : []),
    ]
  }
  return [of('old'), of('new'), ...restored(old), ...restored(fresh)]
}

function misses(
  ends: readonly StepMust[],
  steps: readonly StepEnd[],
  name: RecoveryName,
  comparison: Comparison,
): string[] {
  return ends.flatMap(({ status, snapshot }, index) => {
    const step = steps[index]
    const title = RECOVERIES[name][index] === 'rollback' ? 'the rollback' : 'the next deploy'
    if (step === undefined) return [`I7 ${title} was not reached`]
    const { end } = step
    const differences = differencesFrom(snapshot, step.snapshot, comparison)
    return [
      ...(end.status === status ? [] : [`I7 ${title} ended with ${end.status}, not ${status}: ${end.report}`]),
      ...differences.map(line => `I1 after ${title} (${end.result}): ${line}`),
    ]
  })
}

function shortest(all: readonly string[][]): string[] {
  return all.toSorted((a, b) => a.length - b.length)[0] ?? []
}

function stillAlive({ leftAlive }: EngineEnd): string[] {
  return leftAlive.map(command => `I4 still alive: ${command}`)
}
