// `pnpm protocol [--rules]`: searches every slice with all rules, then shows for each rule what goes wrong without it. --rules: only that.
import { parseArgs } from 'node:util'
import { ALL_RULES, RULE_NAMES, RULES, without } from './rules.ts'
import { search } from './search.ts'
import { nameOf, SLICES, statesOf } from './slices.ts'
import { formatTrace } from './trace.ts'

const { values } = parseArgs({ options: { rules: { type: 'boolean', default: false } } })
let failures = 0

for (const slice of values.rules ? [] : SLICES) {
  const { states, transitions, ends, counterexample } = search(statesOf(slice), ALL_RULES)
  const counts = `${states} states, ${transitions} transitions, ${ends} ends`
  console.log(`${nameOf(slice)}: ${counts}, violations: ${counterexample === undefined ? 0 : 1}`)
  if (counterexample === undefined) continue
  failures += 1
  console.log(formatTrace(counterexample))
}

for (const name of RULE_NAMES) {
  const { why, shownIn } = RULES[name]
  const { counterexample } = search(statesOf(shownIn), without(name))
  console.log(`\nWithout ${name}. ${why}\n  ${nameOf(shownIn)}`)
  if (counterexample === undefined) failures += 1
  console.log(counterexample === undefined ? '  NOT NECESSARY: no violation was found' : formatTrace(counterexample))
}

if (failures > 0) process.exitCode = 1
