import type { Secret } from '@deploy-actions/core/values/secret'
import { type Mistake, Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { CheckPlan, Making } from '../check.ts'
import { type ReadCheck, readCheck, type Settings } from './read-check.ts'
import { Reading, type Scope } from './reading.ts'
import type { Referring } from './references.ts'

export interface Planned {
  readonly plan: CheckPlan
  readonly read: ReadCheck
  readonly referring: Referring
  readonly paths: Reading['paths']
}

/** Reads a check as far as it can be before the run; undefined when it cannot be read. */
export function planCheck(item: Tree, scope: Scope, settings: Settings, mistakes: Mistakes): Planned | undefined {
  const { read, reading, found } = firstReading(item, scope, settings)
  for (const { at, text } of found) mistakes.add(at, text)
  if (read === undefined) return undefined
  const { check, needs, needsAt, target } = read
  const { name, group, at, severity, from, subject, captures } = check
  const uses = [...reading.usedCaptures]
  const make = (captured: ReadonlyMap<string, Secret>): Making =>
    uses.length === 0 ? { ok: true, check } : makeWith(item, { ...scope, captured }, settings, name)
  return {
    plan: { name, group, at, kind: subject.kind, severity, from, target, needs, make },
    read,
    referring: { name, at, needs, needsAt, captures: captures.map(capture => capture.name), uses },
    paths: reading.paths,
  }
}

/** What may stand for a captured value before the run: one of these fits wherever a text, a number or a URL is wanted. */
const PLACEHOLDERS = [(name: string) => `captured-${name}`, () => '1', () => 'https://captured.invalid/']

interface FirstReading {
  readonly read: ReadCheck | undefined
  readonly reading: Reading
  readonly found: readonly Mistake[]
}

function firstReading(item: Tree, scope: Scope, settings: Settings): FirstReading {
  for (const placeholder of PLACEHOLDERS) {
    const mistakes = new Mistakes()
    const reading = new Reading({ ...scope, placeholder }, mistakes)
    const read = readCheck(item, reading, settings)
    if (read !== undefined || mistakes.list.length > 0) return { read, reading, found: mistakes.list }
  }
  return { read: undefined, reading: new Reading(scope, new Mistakes()), found: [{ at: item.at, text: MIXED }] }
}

const MIXED = 'what it takes from other checks cannot stand in all of these places; use it in one'

/** Reads a check once more, now with the values that it takes from others. */
function makeWith(item: Tree, scope: Scope, settings: Settings, name: string): Making {
  const mistakes = new Mistakes()
  const read = readCheck(item, new Reading(scope, mistakes), settings)
  const [first] = mistakes.list
  if (read !== undefined && first === undefined) return { ok: true, check: { ...read.check, name } }
  const where = first ? ` in line ${first.at.line}: ${first.text}` : ''
  return { ok: false, reason: `what it takes from another check does not fit${where}` }
}
