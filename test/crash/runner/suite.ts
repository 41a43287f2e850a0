import { type Effect, type Mode, type Point, pointsOf } from '@deploy-actions/testkit/enumerating-host'
import type { EngineEnd } from './engine-run.ts'
import { DISTURBED, Golden, OLD, recover } from './golden.ts'
import { judgeRecovery, judgeRun, judgeSuspended, type Standard } from './judge.ts'
import type { Lane } from './lane.ts'
import { keyOf, RECOVERY_NAMES } from './recovery.ts'
import type { Scenario } from './scenarios.ts'
import { VERSIONS } from './versions.ts'

export interface Failure {
  readonly point: Point
  readonly effect: Effect | undefined
  /** Of the recovery; '' for the run itself. */
  readonly recovery: string
  readonly findings: readonly string[]
  /** How the disturbed run ended. */
  readonly end: string
  readonly replay: string
}

export interface Tally {
  readonly scenario: string
  readonly all: number
  readonly run: number
  /** Different states that were recovered from. */
  readonly states: number
  readonly failures: readonly Failure[]
}

/** Which of the points are run. */
export interface Selection {
  /** Every how many of them, counted from `offset`. */
  readonly every: number
  readonly offset: number
  readonly effect?: number | undefined
  readonly mode?: Mode | undefined
}

/** A scenario that is set up on each worker's server. */
export class PreparedScenario {
  readonly scenario: Scenario
  readonly #lanes: readonly Lane[]
  readonly #goldens: readonly Golden[]

  private constructor(scenario: Scenario, lanes: readonly Lane[], goldens: readonly Golden[]) {
    this.scenario = scenario
    this.#lanes = lanes
    this.#goldens = goldens
  }

  static async make(scenario: Scenario, lanes: readonly Lane[]): Promise<PreparedScenario> {
    return new PreparedScenario(scenario, lanes, await Promise.all(lanes.map(lane => Golden.make(lane, scenario))))
  }

  /** What is wrong without any fault. */
  async findings(): Promise<readonly string[]> {
    return (await this.#goldens[0]?.findings()) ?? []
  }

  /** The effects of an undisturbed run: its round trips. */
  get effects(): readonly Effect[] {
    return this.#goldens[0]?.end.effects ?? []
  }

  /** A run that does not have the lock yet may stand still for as long as it likes. */
  get points(): readonly Point[] {
    const locked = this.effects.findIndex(({ kind }) => kind === 'hold') + 1
    return pointsOf(this.effects).filter(({ effect, mode }) => mode !== 'suspended' || effect > locked)
  }

  /** Disturbs the run at the selected points, and recovers from each different state that this leaves. */
  async run(
    { every, offset, effect, mode }: Selection,
    onPoint: (done: number, of: number) => void = () => {},
  ): Promise<Tally> {
    const all = this.points
    const wanted = all.filter(point => (effect ?? point.effect) === point.effect && (mode ?? point.mode) === point.mode)
    const isSample = effect === undefined && mode === undefined
    const selected = isSample ? wanted.filter((_, index) => index % every === offset % every) : wanted
    const failures: Failure[] = []
    const seen = new Set<string>()
    let next = 0
    await Promise.all(
      this.#lanes.map(async (lane, index) => {
        const golden = this.#goldens[index]
        for (let point = selected[next++]; point !== undefined && golden !== undefined; point = selected[next++]) {
          onPoint(next, selected.length)
          failures.push(...(await this.#runPoint(lane, golden, point, seen)))
        }
      }),
    )
    failures.sort((a, b) => a.point.effect - b.point.effect)
    return { scenario: this.scenario.name, all: all.length, run: selected.length, states: seen.size, failures }
  }

  async #runPoint(lane: Lane, golden: Golden, point: Point, seen: Set<string>): Promise<Failure[]> {
    await lane.restore(OLD)
    let other: EngineEnd | undefined
    const whileSuspended = async () => {
      other = await lane.run({ deploy: VERSIONS.v4 })
    }
    const end = await lane.run(this.scenario.order, { ...point, whileSuspended })
    const snapshot = lane.snapshot()
    const failure = (recovery: string, findings: readonly string[]): Failure[] =>
      findings.length === 0 ? [] : [this.#failure(point, recovery, findings, end)]
    if (!end.isHit) return failure('', ['the run did not come to this point'])
    const standard: Standard = {
      ...golden,
      status: this.scenario.status,
      isUnrecorded: this.scenario.isStartedManually ?? false,
    }
    if (point.mode === 'suspended') {
      const forward = await golden.recovered('forward')
      return failure('', judgeSuspended(standard, { forward }, end, other, snapshot))
    }
    const failures = failure('', judgeRun(standard, end, snapshot, point.mode))
    const key = keyOf(snapshot, end)
    if (seen.has(key)) return failures
    seen.add(key)
    await lane.save(DISTURBED)
    for (const name of RECOVERY_NAMES) {
      const branches = await golden.recovered(name)
      await lane.restore(DISTURBED)
      failures.push(...failure(name, judgeRecovery(standard, branches, end, name, await recover(lane, name))))
    }
    return failures
  }

  #failure(point: Point, recovery: string, findings: readonly string[], { status, report }: EngineEnd): Failure {
    const { effect, mode } = point
    return {
      point,
      effect: this.effects[effect - 1],
      recovery,
      findings,
      end: status === undefined ? 'killed' : `exit status ${status}: ${report.split('\n')[0]}`,
      replay: `pnpm crash --effect ${effect} --mode ${mode} --scenario ${this.scenario.name}`,
    }
  }
}
