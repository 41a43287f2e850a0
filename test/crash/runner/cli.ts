// Layer F of `pnpm crash`: disturbs a run of the engine at each of its effects, and checks that the next run recovers.
import { parseArgs } from 'node:util'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { type Mode, modes } from '@deploy-actions/testkit/enumerating-host'
import { commitNumber } from '../commit-number.ts'
import { failuresOf, runLayer } from './layer.ts'
import { SCENARIOS } from './scenarios.ts'

export const USAGE = `Disturbs a run of the engine at each of its effects (connections, calls, held processes), then recovers by the next deploy and by a rollback.

  pnpm crash --layer runner           all points: about 15 minutes
  pnpm crash --layer runner --short   what npm test runs: the round trips of all scenarios, and 1 of 20 points
  pnpm crash --effect 7 --mode lost-after --scenario deploy-healthy     one point

  --scenario NAME   as often as wanted: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --effect N        counted from 1; round-trips.json lists them
  --mode MODE       ${modes.join(', ')}
  --every N         every Nth point, with an offset from the commit's hash
  --write-budget    writes round-trips.json after a change of the engine`

/** Whether these arguments are for this layer. */
export const isForRunner = (args: readonly string[]): boolean =>
  args.some(arg => /^--(layer|effect|scenario|write-budget)\b/.test(arg))

/** Returns the exit status. */
export async function crashRunner(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      layer: { type: 'string' },
      short: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true },
      effect: { type: 'string' },
      mode: { type: 'string' },
      every: { type: 'string' },
      'write-budget': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { scenario, mode, effect, every, short, layer = 'runner', help } = values
  if (help) return say(USAGE)
  if (layer !== 'runner') throw new Error('--layer is runner')
  if (mode !== undefined && !isMode(mode)) throw new Error(`--mode is one of ${modes.join(', ')}`)
  const unknown = scenario?.filter(name => SCENARIOS.every(known => known.name !== name)) ?? []
  if (unknown.length > 0) throw new Error(`--scenario is one of ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  const started = performance.now()
  const options = {
    scenarios: scenario,
    every: Number(every ?? 1),
    // `npm test` runs the same points at every commit, so that a red point is the work of the commit.
    offset: short ? 0 : commitNumber(),
    isShort: short,
    effect: effect === undefined ? undefined : Number(effect),
    mode,
    writesBudget: values['write-budget'],
  }
  const result = await runLayer(options, say)
  const failures = failuresOf(result)
  const [all, run] = (['all', 'run'] as const).map(key => result.tallies.reduce((sum, tally) => sum + tally[key], 0))
  say(`runner: ${run} of ${all} points run, ${failures} failures (${formatDuration(performance.now() - started)})`)
  return failures === 0 ? 0 : 1
}

function isMode(text: string): text is Mode {
  return (modes as readonly string[]).includes(text)
}

function say(line: string): number {
  process.stdout.write(`${line}\n`)
  return 0
}

if (import.meta.main) process.exitCode = await crashRunner(process.argv.slice(2))
