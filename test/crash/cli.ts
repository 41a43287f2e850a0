// `pnpm crash`: disturbs the server's scripts at every point, and checks that they recover. `--help` lists the options.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { commitNumber } from './commit-number.ts'
import { crashRunner, isForRunner } from './runner/cli.ts'
import {
  compareCounts,
  countsOf,
  readCounts,
  type ScriptCounts,
  versionsOfTools,
  writeCounts,
} from './scripts/counts.ts'
import { type CrashLab, openCrashLab } from './scripts/crash-lab.ts'
import { missingSyncs } from './scripts/durability.ts'
import { type Layer, layerOf, type Mode } from './scripts/modes.ts'
import { type Batch, FULL, SHORT, SHORT_WITHOUT_LIBRARY, shareOf } from './scripts/plan.ts'
import { ERROR_NAMES } from './scripts/preload.ts'
import { describeTally, type PreparedScenario, type Tally } from './scripts/runner.ts'
import type { Scenario } from './scripts/scenario.ts'
import { SCENARIOS } from './scripts/scenarios.ts'
import { COMMAND_MODES } from './scripts/shims.ts'

const MODE_NAMES = ['kill', ...ERROR_NAMES, ...COMMAND_MODES] as const
/** More than there are cores, as the scripts often sleep: they wait for a lock, or for the end of a switch. */
const WORKERS = 2 * availableParallelism()
const FAILURES_SHOWN = 10
const FINDINGS_SHOWN = 4

const USAGE = `Ends the server's scripts, or has a call of theirs fail, at every point; then recovers, and compares with an undisturbed run.

  pnpm crash             all scripts, libc calls and commands, both shells: about an hour on 2 idle cores
  pnpm crash --short     what npm test runs: about 4 minutes
  pnpm crash --layer runner --help    the options for the engine on the runner
  pnpm crash --list      the points of the scripts; * leaves another state than the point before
  pnpm crash --script activate --at 33 --mode kill --signal KILL --recover backward --shell dash     one point

  --script NAME          one script, as often as wanted: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --mode MODE            as often as wanted. At a libc call: kill, ${ERROR_NAMES.join(', ')};
                         at an external command: ${COMMAND_MODES.join(', ')}
  --signal KILL|TERM     of a kill
  --stays                an error is there from the point on
  --still-full           and during the recovery
  --at POINT             its number or its name
  --recover NAME         only this recovery
  --shell dash|busybox
  --every N              every Nth point, with an offset from the commit's hash
  --write-counts         writes points.json after a change of the scripts`

/** The runner's side has options of its own. */
const isRunner = isForRunner(process.argv.slice(2))

const { values } = parseArgs({
  args: isRunner ? [] : process.argv.slice(2),
  options: {
    short: { type: 'boolean', default: false },
    script: { type: 'string', multiple: true },
    at: { type: 'string' },
    mode: { type: 'string', multiple: true },
    signal: { type: 'string' },
    stays: { type: 'boolean', default: false },
    'still-full': { type: 'boolean', default: false },
    recover: { type: 'string' },
    shell: { type: 'string' },
    every: { type: 'string' },
    list: { type: 'boolean', default: false },
    'write-counts': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const tallies: Tally[] = []
const problems: string[] = []
const notes: string[] = []

async function main(): Promise<number> {
  if (values.help) return say(USAGE)
  const scenarios = SCENARIOS.filter(({ name }) => values.script?.includes(name) ?? true)
  if (scenarios.length === 0) throw new Error(`--script is one of ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  const started = performance.now()
  const batches = chosenBatches()
  const counts: Record<string, ScriptCounts> = {}
  for (const shell of [...new Set(batches.map(batch => batch.shell))]) {
    const lab = await openCrashLab({ shell, workers: values.at === undefined ? WORKERS : 1 })
    if ('missing' in lab) {
      notes.push(`${shell}: not run, ${lab.missing}`)
      continue
    }
    try {
      if (lab.missingLibrary !== undefined) notes.push(`libc calls: not run, ${lab.missingLibrary}`)
      for (const scenario of scenarios)
        await runScenario(
          lab,
          scenario,
          batches.filter(batch => batch.shell === shell),
          counts,
        )
    } finally {
      await lab.close()
    }
  }
  if (values['write-counts']) writeCounts(counts)
  return summarize(performance.now() - started)
}

async function runScenario(
  lab: CrashLab,
  scenario: Scenario,
  batches: readonly Batch[],
  counts: Record<string, ScriptCounts>,
): Promise<void> {
  const isReplaced = values.short && lab.library === undefined && lab.tools.shell === 'dash'
  const chosen = (isReplaced ? SHORT_WITHOUT_LIBRARY : batches).filter(
    batch => shareOf(batch, scenario) > 0 && (lab.library !== undefined || layerOf(batch.mode) === 'commands'),
  )
  if (chosen.length === 0) return
  const prepared = await prepare(lab, scenario)
  if (prepared === undefined) return
  if (values.list) return list(prepared, chosen)
  if (values['write-counts']) {
    counts[scenario.name] = {
      calls: countsOf(await prepared.points('calls')),
      commands: countsOf(await prepared.points('commands')),
    }
    return
  }
  if (lab.tools.shell === 'dash' && values.at === undefined) await checkUndisturbed(lab, prepared)
  for (const batch of chosen) {
    const tally = await prepared.run(batch.mode, {
      every: shareOf(batch, scenario),
      offset: commitNumber(),
      isDistinct: true,
      at: values.at,
      recovery: values.recover,
      isShort: values.short,
    })
    tallies.push(tally)
    print(tally)
  }
}

/** Undefined when the script fails without any fault: then its points tell nothing. */
async function prepare(lab: CrashLab, scenario: Scenario): Promise<PreparedScenario | undefined> {
  const title = `${scenario.name}, ${lab.tools.shell}, without any fault`
  try {
    const prepared = await lab.prepare(scenario)
    const { findings } = prepared
    if (findings.length === 0) return prepared
    problems.push(...findings.slice(0, FAILURES_SHOWN).map(line => `${title}: ${line}`))
    if (findings.length > FAILURES_SHOWN)
      problems.push(`${title}: and ${findings.length - FAILURES_SHOWN} more findings`)
  } catch (error) {
    problems.push(`${title}: ${error instanceof Error ? error.message : error}`)
  }
  say(`${title}: failed, its points are not run`)
  return undefined
}

/** The checked-in counts, and the syncs: both from the list of an undisturbed run. */
async function checkUndisturbed(lab: CrashLab, prepared: PreparedScenario): Promise<void> {
  const golden = readCounts()
  const isComparable = JSON.stringify(golden.tools) === JSON.stringify(versionsOfTools())
  const layers: Layer[] = lab.library !== undefined && isComparable ? ['calls', 'commands'] : ['commands']
  for (const layer of layers)
    problems.push(...compareCounts(prepared.scenario.name, layer, await prepared.points(layer), golden))
  const skipped = 'the number of libc calls is not compared: points.json was made with other versions of the tools'
  if (!isComparable && !notes.includes(skipped)) notes.push(skipped)
  if (lab.library === undefined) return
  const calls = (await prepared.points('calls')).flatMap(({ target }) => ('call' in target ? [target] : []))
  problems.push(...missingSyncs(calls, lab.project).map(line => `${prepared.scenario.name}: ${line}`))
}

async function list(prepared: PreparedScenario, batches: readonly Batch[]): Promise<void> {
  for (const layer of new Set(batches.map(({ mode }) => layerOf(mode)))) {
    say(`${prepared.scenario.name}: ${prepared.scenario.about}`)
    for (const { at, name, about, isNewState } of await prepared.points(layer))
      say(`${String(at).padStart(4)} ${isNewState ? '*' : ' '} ${name.padEnd(24)} ${about}`)
  }
}

/** The whole plan, or what the options name. */
function chosenBatches(): readonly Batch[] {
  const shell = values.shell
  if (shell !== undefined && shell !== 'dash' && shell !== 'busybox') throw new Error('--shell is dash or busybox')
  const every = Number(values.every ?? 1)
  if (values.mode !== undefined || values.at !== undefined || values.list || values['write-counts']) {
    return (values.mode ?? ['kill']).map(name => ({
      shell: shell ?? 'dash',
      mode: parseMode(name),
      central: every,
      others: every,
    }))
  }
  return (values.short ? SHORT : FULL).filter(batch => shell === undefined || batch.shell === shell)
}

function parseMode(text: string): Mode {
  const name = MODE_NAMES.find(known => known === text)
  if (name === undefined) throw new Error(`--mode is one of ${MODE_NAMES.join(', ')}`)
  const signal = values.signal ?? 'KILL'
  if (signal !== 'KILL' && signal !== 'TERM') throw new Error('--signal is KILL or TERM')
  const isKill = name === 'kill' || name === 'before' || name === 'after'
  return {
    name,
    ...(isKill ? { signal } : {}),
    ...(values.stays ? { stays: true } : {}),
    ...(values['still-full'] ? { stays: true, isStillFull: true } : {}),
  }
}

function print(tally: Tally): void {
  say(describeTally(tally))
  for (const { point, recovery, findings, replay } of tally.failures.slice(0, FAILURES_SHOWN)) {
    say(`  ${point.at} ${point.name} ${point.about}${recovery === '' ? '' : `, then ${recovery}`}`)
    for (const line of findings.slice(0, FINDINGS_SHOWN)) say(`      ${line}`)
    if (findings.length > FINDINGS_SHOWN) say(`      and ${findings.length - FINDINGS_SHOWN} more`)
    say(`      ${replay}`)
  }
  if (tally.failures.length > FAILURES_SHOWN) say(`  and ${tally.failures.length - FAILURES_SHOWN} more failures`)
}

function summarize(ms: number): number {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0)
  for (const line of [...problems, ...notes]) say(line)
  const [all, run, same, failures] = [sum(t => t.all), sum(t => t.run), sum(t => t.same), sum(t => t.failures.length)]
  if (tallies.length > 0) {
    say(
      `${run} of ${all} points run, ${same} covered by the point before; ${sum(t => t.states)} states recovered (${formatDuration(ms)})`,
    )
    say(`${failures} failures, ${problems.length} problems without a fault`)
  }
  return failures + problems.length === 0 ? 0 : 1
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

/** Without a choice both sides are disturbed: the server's scripts, and the engine on the runner. */
async function both(): Promise<number> {
  const { short, ...choices } = values
  const isChosen = Object.values(choices).some(choice => choice !== undefined && choice !== false)
  const status = await main()
  return isChosen ? status : Math.max(status, await crashRunner(short ? ['--short'] : []))
}

try {
  process.exitCode = isRunner ? await crashRunner(process.argv.slice(2)) : await both()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
}
