import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { ALL_RULES, RULE_NAMES, RULES, without } from './rules.ts'
import { search } from './search.ts'
import { type Slice, statesOf } from './slices.ts'
import { formatTrace } from './trace.ts'

/** A history that goes wrong, to read in the report of a failed test. */
function problemsIn(found: ReturnType<typeof search>): string {
  return found.counterexample === undefined ? '' : formatTrace(found.counterexample)
}

describe('search', () => {
  // A count that changes is a protocol that changed: read `pnpm protocol` before it is written down.
  it.each<[Slice, number]>([
    [{ others: [], faults: 2 }, 27_979],
    [{ others: ['confirmer'], faults: 1 }, 9_308],
    [{ others: ['person'], faults: 1 }, 13_505],
    [{ others: ['run-2'], faults: 1 }, 58_827],
  ])('finds nothing wrong in %j, in as many states as before', (slice, states) => {
    const found = search(statesOf(slice), ALL_RULES)
    expect(problemsIn(found)).toBe('')
    expect(found.states).toBe(states)
  })

  it.each(RULE_NAMES)('finds what goes wrong without %s', rule => {
    expect(problemsIn(search(statesOf(RULES[rule].shownIn), without(rule)))).not.toBe('')
  })

  it('finds the same history each time', () => {
    const { shownIn } = RULES.fenceOldEpochs
    const find = () => problemsIn(search(statesOf(shownIn), without('fenceOldEpochs')))
    expect(find()).toBe(find())
  })
})

describe('README.md', () => {
  it('has a row for each rule, with its reason', () => {
    const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8')
    const rows = [...readme.matchAll(/^\| `(\w+)` \| (.*?) \| .+ \|$/gm)].map(([, name, why]) => [name, why])
    expect(rows).toEqual(RULE_NAMES.map(name => [name, RULES[name].why]))
  })
})
