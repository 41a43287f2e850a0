import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Effect } from '@deploy-actions/testkit/enumerating-host'

/** The round trips of each scenario, checked in: a new one is a decision, and has to be looked at as a new point. */
export const BUDGET = path.join(import.meta.dirname, 'round-trips.json')

export function budgetOf(effects: readonly Effect[]): string[] {
  return effects.map(({ kind, label }) => (kind === 'run' ? label : `${kind} ${label}`.trim()))
}

export function readBudget(scenario: string): readonly string[] {
  return Object(JSON.parse(readFileSync(BUDGET, 'utf8')))[scenario] ?? []
}

/** What differs from the budget; nothing when the effects are exactly those. */
export function overBudget(scenario: string, effects: readonly Effect[]): string[] {
  const expected = readBudget(scenario)
  const actual = budgetOf(effects)
  if (actual.join('\n') === expected.join('\n')) return []
  return [
    `${scenario}: ${actual.length} round trips, not ${expected.length}: ${actual.join(', ')} (expected ${expected.join(', ')}); ` +
      'after a look at each new one: pnpm crash --layer runner --write-budget',
  ]
}
