import type { Failure, Tally } from './suite.ts'

const FAILURES_SHOWN = 20
const FINDINGS_SHOWN = 6

export function describeTally({ scenario, all, run, states, failures }: Tally): string {
  const share = run < all ? ` (${Math.round((run / all) * 100)} %)` : ''
  return `runner, ${scenario}: ${run} of ${all} points run${share}; ${states} states recovered; ${failures.length} failures`
}

/** Every failure with the command that repeats it. */
export function describeFailures({ failures }: Tally): string[] {
  const lines = failures.slice(0, FAILURES_SHOWN).flatMap(describeFailure)
  const more = failures.length - FAILURES_SHOWN
  return more > 0 ? [...lines, `  and ${more} more failures`] : lines
}

function describeFailure({ point, effect, recovery, findings, end, replay }: Failure): string[] {
  const where = `  effect ${point.effect} (${effect?.kind} ${effect?.label}), ${point.mode}: ${end}`
  const more = findings.length - FINDINGS_SHOWN
  return [
    recovery === '' ? where : `${where}; then ${recovery}`,
    ...findings.slice(0, FINDINGS_SHOWN).map(line => `      ${line}`),
    ...(more > 0 ? [`      and ${more} more`] : []),
    `      ${replay}`,
  ]
}
