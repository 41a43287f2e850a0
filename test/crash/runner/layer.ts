import { writeFileSync } from 'node:fs'
import type { Mode } from '@deploy-actions/testkit/enumerating-host'
import { BUDGET, budgetOf, overBudget } from './budget.ts'
import { Golden } from './golden.ts'
import { type Lane, openLanes } from './lane.ts'
import { describeFailures, describeTally } from './report.ts'
import { SCENARIOS } from './scenarios.ts'
import { PreparedScenario, type Tally } from './suite.ts'

const WORKERS = 2

export interface LayerOptions {
  /** Names; all of them when left out. */
  readonly scenarios?: readonly string[] | undefined
  /** Every how many of the points, counted from `offset`. */
  readonly every: number
  /** The commit's: the same one runs the same points, and the following ones run the others. */
  readonly offset: number
  /** The round trips of all scenarios, and a part of the points of one of them: 20 commits cover all. */
  readonly isShort?: boolean | undefined
  /** One effect, one mode: all others are left out. */
  readonly effect?: number | undefined
  readonly mode?: Mode | undefined
  /** Writes the round trips down, and disturbs nothing. */
  readonly writesBudget?: boolean | undefined
}

export interface LayerResult {
  readonly tallies: readonly Tally[]
  /** What is wrong without any fault. */
  readonly problems: readonly string[]
}

/** Layer F: a run of the engine, disturbed at each of its effects. `print` gets what people read. */
export async function runLayer(options: LayerOptions, print: (line: string) => void): Promise<LayerResult> {
  const isOne = options.effect !== undefined
  const opened = await openLanes(isOne ? 1 : WORKERS)
  if ('missing' in opened) throw new Error(opened.missing)
  await using servers = opened
  if (options.isShort) return await runShort(servers.lanes, options.offset, print)
  const tallies: Tally[] = []
  const problems: string[] = []
  const budget: Record<string, readonly string[]> = {}
  for (const scenario of SCENARIOS.filter(({ name }) => options.scenarios?.includes(name) ?? true)) {
    const prepared = await PreparedScenario.make(scenario, servers.lanes)
    budget[scenario.name] = budgetOf(prepared.effects)
    const found = [
      ...(isOne ? [] : await prepared.findings()),
      ...(options.writesBudget ? [] : overBudget(scenario.name, prepared.effects)),
    ]
    problems.push(...found)
    for (const line of found) print(`runner, ${scenario.name}: ${line}`)
    if (options.writesBudget) continue
    const tally = await prepared.run(options)
    tallies.push(tally)
    for (const line of [describeTally(tally), ...describeFailures(tally)]) print(line)
  }
  if (options.writesBudget) writeFileSync(BUDGET, `${JSON.stringify(budget, undefined, 2)}\n`)
  return { tallies, problems }
}

const SHORT_EVERY = 4

async function runShort(lanes: readonly Lane[], offset: number, print: (line: string) => void): Promise<LayerResult> {
  const problems: string[] = []
  await Promise.all(
    lanes.map(async (lane, index) => {
      for (const scenario of SCENARIOS.filter((_, at) => at % lanes.length === index)) {
        const { end } = await Golden.make(lane, scenario)
        if (end.status !== scenario.status) problems.push(`${scenario.name}: exit status ${end.status}: ${end.report}`)
        problems.push(...overBudget(scenario.name, end.effects))
      }
    }),
  )
  for (const line of problems) print(`runner, ${line}`)
  const scenario = SCENARIOS[offset % SCENARIOS.length]
  if (scenario === undefined || problems.length > 0) return { tallies: [], problems }
  const prepared = await PreparedScenario.make(scenario, lanes)
  const tally = await prepared.run({ every: SHORT_EVERY, offset: Math.floor(offset / SCENARIOS.length) })
  for (const line of [describeTally(tally), ...describeFailures(tally)]) print(line)
  return { tallies: [tally], problems }
}

export const failuresOf = ({ tallies, problems }: LayerResult): number =>
  tallies.reduce((sum, { failures }) => sum + failures.length, problems.length)
