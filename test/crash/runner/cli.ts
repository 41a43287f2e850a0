// Layer F of `pnpm crash`: disturbs a run of the engine at each of its effects, and checks that the next run recovers.
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { type Mode, modes } from '@deploy-actions/testkit/enumerating-host'
import { failuresOf, runLayer } from './layer.ts'

const { values } = parseArgs({
  options: {
    layer: { type: 'string' },
    short: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
    effect: { type: 'string' },
    mode: { type: 'string' },
    every: { type: 'string' },
    'write-budget': { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const { scenario, mode, effect, every, short } = values
  if (mode !== undefined && !isMode(mode)) throw new Error(`--mode is one of ${modes.join(', ')}`)
  const started = performance.now()
  const options = {
    scenarios: scenario,
    every: Number(every ?? 1),
    isShort: short,
    offset: commitNumber(),
    effect: effect === undefined ? undefined : Number(effect),
    mode,
    writesBudget: values['write-budget'],
  }
  const failures = failuresOf(await runLayer(options, line => console.log(line)))
  console.log(`${failures} failures after ${formatDuration(performance.now() - started)}`)
  return failures === 0 ? 0 : 1
}

function isMode(text: string): text is Mode {
  return (modes as readonly string[]).includes(text)
}

/** The same commit runs the same points, and the following commits run the others. */
function commitNumber(): number {
  return Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 6), 16)
}

process.exitCode = await main()
