// A history as text, for people.
import type { Found } from './search.ts'
import type { State } from './state.ts'

export function formatTrace({ problem, initial, steps }: NonNullable<Found['counterexample']>): string {
  const { healthy, confirm } = initial.scenario
  const word = (isHealthy: boolean) => (isHealthy ? 'healthy' : 'unhealthy')
  const width = Math.max(...steps.map(({ who }) => who.length))
  let before = initial
  const lines = steps.map(({ who, what, next }, index) => {
    const changed = describe(next) === describe(before) ? '' : `   → ${describe(next)}`
    before = next
    return `  ${String(index + 1).padStart(2)} ${who.padEnd(width)}  ${what}${changed}`
  })
  return [
    `  run-1 deploys new (${word(healthy.new)}, confirm: ${confirm['run-1']}), run-2 deploys newer (${word(healthy.newer)}, confirm: ${confirm['run-2']})`,
    ...lines,
    `  ${problem}`,
  ].join('\n')
}

function describe({ pending, server }: State): string {
  const { phase, target, rollbackTarget } = pending
  const { files, containers, stopped } = server
  return `${phase} ${target}←${rollbackTarget}, files ${files}, containers ${containers}${stopped ? ' (stopped)' : ''}`
}
