import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'

/** What of a check matters among the others. */
export interface Referring {
  readonly name: string
  readonly at: Position
  readonly needs: readonly string[]
  readonly needsAt: Position
  /** Names that its `capture` gives. */
  readonly captures: readonly string[]
  /** Names of captures that it takes values from. */
  readonly uses: readonly string[]
}

/** Names of checks that are left out, or that cannot be read, for which there is another mistake. */
export interface Missing {
  readonly disabled: ReadonlySet<string>
  readonly unread: ReadonlySet<string>
}

/** Looks at what checks say of each other: names twice, needs that nobody is, circles, values that come too late. */
export function checkReferences(checks: readonly Referring[], { disabled, unread }: Missing, mistakes: Mistakes): void {
  const byName = new Map<string, Referring>()
  for (const check of checks) {
    const first = byName.get(check.name)
    if (first === undefined) byName.set(check.name, check)
    else
      mistakes.add(
        check.at,
        `there is a check of this name already (${placeOf(first.at, check.at)}); give one a \`name\` of its own`,
      )
  }
  for (const { needs, needsAt: at } of checks) {
    for (const name of needs) {
      if (byName.has(name) || unread.has(name)) continue
      if (disabled.has(name)) mistakes.add(at, `the check that it needs, "${name}", is not enabled`)
      else mistakes.unknown(at, 'check', name, [...byName.keys()])
    }
  }
  checkCircles(byName, mistakes)
  checkCaptures(checks, byName, mistakes)
}

function checkCircles(byName: ReadonlyMap<string, Referring>, mistakes: Mistakes): void {
  const told = new Set<string>()
  for (const start of byName.values()) {
    const circle = circleFrom(start.name, byName)
    if (circle === undefined || told.has(start.name)) continue
    for (const name of circle) told.add(name)
    mistakes.add(start.at, `these checks wait for each other: ${[...circle, start.name].join(' → ')}`)
  }
}

/** The way from a check over what it needs back to itself. */
function circleFrom(start: string, byName: ReadonlyMap<string, Referring>): string[] | undefined {
  const seen = new Set<string>()
  const follow = (name: string): string[] | undefined => {
    for (const need of byName.get(name)?.needs ?? []) {
      if (need === start) return [name]
      if (seen.has(need)) continue
      seen.add(need)
      const rest = follow(need)
      if (rest !== undefined) return [name, ...rest]
    }
    return undefined
  }
  return follow(start)
}

function checkCaptures(checks: readonly Referring[], byName: ReadonlyMap<string, Referring>, mistakes: Mistakes): void {
  const givenBy = new Map<string, Referring>()
  for (const check of checks) {
    for (const name of check.captures) {
      const first = givenBy.get(name)
      if (first === undefined) givenBy.set(name, check)
      else mistakes.add(check.at, `\`${name}\` is captured by the check "${first.name}" already`)
    }
  }
  for (const check of checks) {
    const before = allNeeds(check, byName)
    for (const name of check.uses) {
      const giver = givenBy.get(name)
      if (giver === undefined || before.has(giver.name)) continue
      mistakes.add(
        check.at,
        giver === check
          ? `it takes \`${name}\` from itself`
          : `it takes \`${name}\` from the check "${giver.name}", so write \`needs: [${JSON.stringify(giver.name)}]\``,
      )
    }
  }
}

function allNeeds(check: Referring, byName: ReadonlyMap<string, Referring>): ReadonlySet<string> {
  const all = new Set<string>()
  const queue = [...check.needs]
  for (const name of queue) {
    if (all.has(name)) continue
    all.add(name)
    queue.push(...(byName.get(name)?.needs ?? []))
  }
  return all
}

function placeOf(first: Position, here: Position): string {
  return first.source === here.source ? `line ${first.line}` : `${first.source}, line ${first.line}`
}
