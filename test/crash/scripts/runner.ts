import { type Golden, OLD_STATE, prepareGolden, recover } from './golden.ts'
import { clean, type Findings, lastLine, neighboursUntouched, nothingLost, truthful, whole } from './invariants.ts'
import {
  describeMode,
  isKill,
  type Layer,
  layerOf,
  listPoints,
  type Mode,
  modeOptions,
  type Point,
  runDisturbed,
  runRecovering,
} from './modes.ts'
import type { Shell } from './programs.ts'
import type { Scenario } from './scenario.ts'
import type { Outcome } from './server.ts'
import type { Snapshot } from './snapshot.ts'
import type { World } from './world.ts'

export interface Failure {
  readonly point: Point
  readonly recovery: string
  readonly findings: Findings
  readonly replay: string
}

/** What was run of one scenario with one mode. */
export interface Tally {
  readonly scenario: string
  readonly shell: Shell
  readonly mode: Mode
  readonly all: number
  /** Points at which the command was disturbed. */
  readonly run: number
  /** Points that leave the same state as the one before them, and are covered by that one. */
  readonly same: number
  /** Different states that were recovered from. */
  readonly states: number
  readonly failures: readonly Failure[]
}

/** Which of the points are run. */
export interface Selection {
  /** Every how many of them, counted from `offset`. */
  readonly every: number
  readonly offset: number
  /** Whether a kill that leaves the same state as the one before it is left out. */
  readonly isDistinct: boolean
  readonly at?: string | undefined
  readonly recovery?: string | undefined
  /** Whether recoveries that take long are left out. */
  readonly isShort?: boolean
}

/** A scenario that is set up on each worker's world. */
export class PreparedScenario {
  readonly scenario: Scenario
  readonly findings: Findings
  readonly #worlds: readonly World[]
  readonly #golden: Golden
  readonly #library: string | undefined
  readonly #shell: Shell
  readonly #points = new Map<Layer, Promise<Point[]>>()

  private constructor(
    scenario: Scenario,
    worlds: readonly World[],
    golden: Golden,
    findings: Findings,
    shell: Shell,
    library: string | undefined,
  ) {
    this.scenario = scenario
    this.findings = findings
    this.#worlds = worlds
    this.#golden = golden
    this.#shell = shell
    this.#library = library
  }

  static async make(
    scenario: Scenario,
    worlds: readonly World[],
    shell: Shell,
    library: string | undefined,
  ): Promise<PreparedScenario> {
    const { golden, findings } = await prepareGolden(worlds, scenario)
    return new PreparedScenario(scenario, worlds, golden, findings, shell, library)
  }

  /** All points of a layer, in the order of an undisturbed run. */
  points(layer: Layer): Promise<Point[]> {
    const known = this.#points.get(layer)
    if (known !== undefined) return known
    const [world] = this.#worlds
    if (world === undefined) throw new Error('There is no world.')
    const listed = (async () => {
      await world.restore(OLD_STATE)
      return (await listPoints(world.server, layer, this.#library, this.scenario.command(world))).points
    })()
    this.#points.set(layer, listed)
    return listed
  }

  /** Disturbs the command at the selected points, and recovers from each different state. */
  async run(
    mode: Mode,
    selection: Selection,
    onProgress: (done: number, of: number) => void = () => {},
  ): Promise<Tally> {
    const all = await this.points(layerOf(mode))
    const isSame = (point: Point) => selection.isDistinct && isKill(mode) && !point.isNewState
    const worthwhile = selection.at === undefined ? all.filter(point => !isSame(point)) : all
    // At least one point, however few there are.
    const every = Math.min(selection.every, worthwhile.length)
    const isSelected = ({ at, name }: Point, i: number) =>
      selection.at === undefined
        ? i % every === selection.offset % every
        : selection.at === String(at) || selection.at === name
    const selected = worthwhile.filter(isSelected)
    const failures: Failure[] = []
    const seen = new Set<string>()
    let next = 0
    await Promise.all(
      this.#worlds.map(async world => {
        for (let point = selected[next++]; point !== undefined; point = selected[next++]) {
          onProgress(next, selected.length)
          failures.push(...(await this.#runPoint(world, point, mode, selection, seen)))
        }
      }),
    )
    failures.sort((a, b) => a.point.at - b.point.at)
    return {
      scenario: this.scenario.name,
      shell: this.#shell,
      mode,
      all: all.length,
      run: selected.length,
      same: all.length - worthwhile.length,
      states: seen.size,
      failures,
    }
  }

  async #runPoint(world: World, point: Point, mode: Mode, selection: Selection, seen: Set<string>): Promise<Failure[]> {
    const golden = this.#golden
    const failure = (recovery: string, findings: Findings): Failure[] =>
      findings.length === 0 ? [] : [{ point, recovery, findings, replay: this.#replay(point, mode, recovery) }]
    await world.restore(OLD_STATE)
    const outcome = await runDisturbed(world.server, this.#library, this.scenario.command(world), point, mode)
    const state = world.snapshot()
    if (!outcome.isReached)
      return failure('', [`the run did not come to this point: status ${outcome.status}, ${lastLine(outcome)}`])
    const told = isKill(mode) ? [] : await this.#judgeStatus(world, outcome, state)
    const failures = failure('', [
      ...told,
      ...clean({ ...state, leftovers: [] }, outcome),
      ...neighboursUntouched(golden.old, state),
    ])
    if (seen.has(keyOf(state))) return failures
    seen.add(keyOf(state))
    await world.save('disturbed')
    for (const [name, recovery] of Object.entries(this.scenario.recoveries)) {
      if (selection.recovery === undefined ? selection.isShort && recovery.isLong : selection.recovery !== name)
        continue
      // A new release needs more room than there is.
      if (mode.isStillFull && recovery.leadsTo === 'new') continue
      await world.restore('disturbed')
      const result = await recover(world, recovery, command =>
        runRecovering(world.server, this.#library, command, mode),
      )
      const findings = [
        ...result.findings,
        ...(result.outcome.status === 0 ? whole(golden.recovered[name] ?? [], result.snapshot) : []),
        ...nothingLost(golden.old, golden.fresh, result.snapshot),
        ...clean(result.snapshot, result.outcome),
        ...neighboursUntouched(golden.old, result.snapshot),
      ]
      failures.push(...failure(name, findings))
    }
    return failures
  }

  /** I5. A script that leaves things to later runs is judged after these. */
  async #judgeStatus(world: World, outcome: Outcome, state: Snapshot): Promise<Findings> {
    const { old, fresh, settled } = this.#golden
    const found = truthful(outcome, old, fresh, state)
    const { settling } = this.scenario
    if (settling === undefined || outcome.status !== 0 || found.length === 0) return found
    await world.save('disturbed')
    for (const step of settling) await world.server.run(step(world))
    const later = truthful(outcome, old, settled, world.snapshot())
    await world.restore('disturbed')
    return later
  }

  #replay({ at }: Point, mode: Mode, recovery: string): string {
    const recover = recovery === '' ? '' : ` --recover ${recovery}`
    return `pnpm crash --script ${this.scenario.name} --at ${at} ${modeOptions(mode)}${recover} --shell ${this.#shell}`
  }
}

/** Equal for states from which every recovery must do the same. */
function keyOf({ project, containers, store, records, leftovers, tornJournal }: Snapshot): string {
  const plain = leftovers.map(name => name.replace(/\.[^./]{6,}/g, '.*'))
  return JSON.stringify([[...project], [...containers], [...store], [...records], plain, tornJournal])
}

export const describeTally = ({ scenario, shell, mode, all, run, same, states, failures }: Tally): string => {
  const covered = same > 0 ? `, ${same} leave the state of the point before` : ''
  const share = run + same < all ? ` (${Math.round(((run + same) / all) * 100)} %)` : ''
  return `${scenario}, ${shell}, ${describeMode(mode)}: ${run} of ${all} points run${share}${covered}; ${states} states recovered; ${failures.length} failures`
}
