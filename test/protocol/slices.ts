// The state space, in slices: who comes beside run 1 and the watchdog, and how many faults a history has.
import { initialState, type Scenario, type State } from './state.ts'

export interface Slice {
  readonly others: Scenario['others']
  readonly faults: number
}

/** What `pnpm protocol` searches. */
export const SLICES: readonly Slice[] = [
  { others: [], faults: 2 },
  { others: ['confirmer'], faults: 2 },
  { others: ['person'], faults: 2 },
  { others: ['confirmer', 'person'], faults: 2 },
  { others: ['run-2'], faults: 2 },
  { others: ['run-2', 'confirmer', 'person'], faults: 1 },
]

export function nameOf({ others, faults }: Slice): string {
  return `${['run-1', 'watchdog', ...others].join(', ')}; faults ${faults}`
}

const RELEASES = [true, false]
const CONFIRMS = ['none', 'job'] as const
/** Of run 2: one whose release is rolled back, and one whose release waits. */
const SECOND = [
  { isHealthy: false, confirm: 'none' },
  { isHealthy: true, confirm: 'job' },
] as const

export function statesOf({ others, faults }: Slice): State[] {
  const seconds = others.includes('run-2') ? SECOND : SECOND.slice(0, 1)
  return RELEASES.flatMap(isHealthy =>
    CONFIRMS.flatMap(confirm =>
      seconds.map(second =>
        initialState(
          {
            others,
            healthy: { new: isHealthy, newer: second.isHealthy },
            confirm: { 'run-1': confirm, 'run-2': second.confirm },
          },
          faults,
        ),
      ),
    ),
  )
}
