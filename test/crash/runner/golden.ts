import type { Snapshot } from '../scripts/snapshot.ts'
import type { EngineEnd } from './engine-run.ts'
import type { Lane } from './lane.ts'
import {
  type Branches,
  type Comparison,
  differencesFrom,
  RECOVERIES,
  RECOVERY_NAMES,
  type RecoveryName,
  type StepEnd,
} from './recovery.ts'
import type { Scenario } from './scenarios.ts'

export const OLD = 'old'
export const DISTURBED = 'disturbed'
const NEW = 'new'

/** The complete states of a scenario on one server, all of them from undisturbed runs: what a fault is judged by. */
export class Golden {
  readonly scenario: Scenario
  readonly comparison: Comparison
  readonly old: Snapshot
  readonly fresh: Snapshot
  /** Of the undisturbed run. */
  readonly end: EngineEnd
  readonly #lane: Lane
  readonly #recovered = new Map<RecoveryName, Branches>()

  private constructor(lane: Lane, scenario: Scenario, old: Snapshot, fresh: Snapshot, end: EngineEnd) {
    this.#lane = lane
    this.scenario = scenario
    this.comparison = { ignoresConfig: scenario.isStartedManually ?? false }
    this.old = old
    this.fresh = fresh
    this.end = end
  }

  /** Makes OLD and NEW on a lane. */
  static async make(lane: Lane, scenario: Scenario): Promise<Golden> {
    const old = await lane.prepare(scenario)
    await lane.save(OLD)
    const end = await lane.run(scenario.order)
    await lane.save(NEW)
    return new Golden(lane, scenario, old, lane.snapshot(), end)
  }

  /** Each step of a recovery, from OLD and from NEW. The present state of the lane is lost. */
  async recovered(name: RecoveryName): Promise<Branches> {
    const known = this.#recovered.get(name)
    if (known !== undefined) return known
    const from = async (state: string) => {
      await this.#lane.restore(state)
      return recover(this.#lane, name)
    }
    const branches = { old: await from(OLD), new: await from(NEW) }
    this.#recovered.set(name, branches)
    return branches
  }

  /** What is wrong even without a fault. */
  async findings(): Promise<string[]> {
    const { scenario, end, old, fresh } = this
    const findings: string[] = []
    const expect = (what: string, isSo: boolean | undefined, detail = '') =>
      isSo || findings.push(`undisturbed, ${what}: ${detail}`)
    const expectState = (what: string, expected: Snapshot, { snapshot }: Pick<StepEnd, 'snapshot'>) =>
      findings.push(
        ...differencesFrom(expected, snapshot, this.comparison).map(line => `undisturbed, ${what}: ${line}`),
      )
    expect('the run', end.status === scenario.status, `exit status ${end.status}: ${end.report}`)
    if (scenario.status === 1) expectState('after a rollback', old, { snapshot: fresh })
    for (const name of RECOVERY_NAMES) await this.recovered(name)
    const forward = await this.recovered('forward')
    for (const [from, state] of [
      ['old', old],
      ['new', fresh],
    ] as const) {
      const [deployed, rolledBack] = forward[from]
      expect(`a deploy from ${from}`, deployed?.end.status === 0, deployed?.end.report)
      // After the first deploy of all there is nothing that a rollback could restore.
      if (scenario.isFirst && from === 'old') continue
      expect(`a rollback after it, from ${from}`, rolledBack?.end.status === 0, rolledBack?.end.report)
      if (rolledBack !== undefined) expectState(`a rollback to ${from}`, state, rolledBack)
    }
    return findings
  }
}

/** Carries a recovery out, as far as its steps succeed. */
export async function recover(lane: Lane, name: RecoveryName): Promise<StepEnd[]> {
  const steps: StepEnd[] = []
  for (const order of RECOVERIES[name]) {
    const end = await lane.run(order)
    steps.push({ end, snapshot: lane.snapshot() })
    if (end.status !== 0) break
  }
  return steps
}
