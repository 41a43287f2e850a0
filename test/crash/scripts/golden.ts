import { clean, continues, type Findings, nothingLost, whole } from './invariants.ts'
import { expectedProject, type TestRelease } from './release.ts'
import type { Recovery, Scenario } from './scenario.ts'
import type { Outcome, ServerCommand } from './server.ts'
import { differences, type Snapshot } from './snapshot.ts'
import { TEAMS_OWN } from './trees.ts'
import type { World } from './world.ts'

/** The complete states of a scenario: what a fault is judged by. */
export interface Golden {
  readonly old: Snapshot
  readonly fresh: Snapshot
  /** NEW, after what later runs do in any case. */
  readonly settled: Snapshot
  /** By recovery: where it leads from OLD and from NEW. */
  readonly recovered: Readonly<Record<string, readonly Snapshot[]>>
}

export const OLD_STATE = 'old'

/** Makes OLD and NEW on each world, and runs every recovery from both. Returns what is wrong even without a fault. */
export async function prepareGolden(
  worlds: readonly World[],
  scenario: Scenario,
): Promise<{ golden: Golden; findings: Findings }> {
  const [first] = await Promise.all(worlds.map(world => prepareWorld(world, scenario)))
  if (first === undefined) throw new Error('There is no world.')
  const { old, fresh, settled } = first
  const findings = [...first.findings, ...asDeclared(scenario, first)]
  const recovered: Record<string, Snapshot[]> = {}
  const jobs = Object.entries(scenario.recoveries).flatMap(([name, recovery]) =>
    (['old', 'new'] as const).map(from => ({ name, recovery, from })),
  )
  let next = 0
  await Promise.all(
    worlds.map(async world => {
      for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
        const { name, recovery, from } = job
        await world.restore(from)
        const { snapshot, outcome, findings: found } = await recover(world, recovery)
        recovered[name] = [...(recovered[name] ?? []), snapshot]
        const state = recovery.leadsTo && { old, new: fresh }[recovery.leadsTo]
        const exact =
          state === undefined ? [] : whole([state], { ...snapshot, store: state.store, records: state.records })
        findings.push(...[...found, ...clean(snapshot, outcome), ...exact].map(line => `${name} from ${from}: ${line}`))
      }
    }),
  )
  return { golden: { old, fresh, settled, recovered }, findings }
}

/** OLD and NEW have the files of their releases: otherwise a fault that is the same in both directions would be the measure. */
function asDeclared({ holds }: Scenario, { old, fresh }: Pick<Golden, 'old' | 'fresh'>): string[] {
  const check = (title: string, release: TestRelease, { project }: Snapshot) =>
    differences(expectedProject(release, TEAMS_OWN), project).map(line => `${title}: I1 ${line}`)
  return [...check('old', holds.old, old), ...check('new', holds.new, fresh)]
}

async function prepareWorld(
  world: World,
  scenario: Scenario,
): Promise<Omit<Golden, 'recovered'> & { findings: string[] }> {
  await world.clear()
  await scenario.setup(world)
  world.begin()
  await world.save(OLD_STATE)
  const old = world.snapshot()
  const outcome = await world.server.run(scenario.command(world))
  world.learn()
  const fresh = world.snapshot()
  await world.save('new')
  const lost = scenario.removes ? [] : nothingLost(old, old, fresh)
  const findings = [...continues(outcome, fresh), ...clean({ ...fresh, leftovers: [] }, outcome), ...lost]
  for (const step of scenario.settling ?? []) await world.server.run(step(world))
  return { old, fresh, settled: world.snapshot(), findings: findings.map(line => `undisturbed: ${line}`) }
}

/** Carries a recovery out, as far as its steps succeed. */
export async function recover(
  world: World,
  { steps }: Recovery,
  run: (command: ServerCommand) => Promise<Outcome> = command => world.server.run(command),
): Promise<{ outcome: Outcome; snapshot: Snapshot; findings: Findings }> {
  const findings: string[] = []
  let outcome: Outcome = { status: 0, stdout: '', stderr: '', leftAlive: [] }
  for (const step of steps) {
    outcome = await run(step(world))
    const snapshot = world.snapshot()
    findings.push(...continues(outcome, snapshot))
    if (outcome.status !== 0) return { outcome, snapshot, findings }
  }
  return { outcome, snapshot: world.snapshot(), findings }
}
