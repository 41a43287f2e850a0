import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Layer, Point } from './modes.ts'

/** How often each call and each command occurs in an undisturbed run of a script. */
export interface ScriptCounts {
  /** By `PROGRAM CALL`. */
  readonly calls: Readonly<Record<string, number>>
  readonly commands: Readonly<Record<string, number>>
}

interface GoldenCounts {
  /** The tools that made the libc calls: others make others. */
  readonly tools: readonly string[]
  readonly scripts: Readonly<Record<string, ScriptCounts>>
}

const FILE = path.join(import.meta.dirname, '../points.json')

export function countsOf(points: readonly Point[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name } of points) {
    const key = name.replace(/ #\d+$/, '')
    counts[key] = (counts[key] ?? 0) + 1
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function versionsOfTools(): string[] {
  return ['mv', 'tar', 'sed', 'find', 'flock'].map(
    tool => execFileSync(tool, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '',
  )
}

export function readCounts(): GoldenCounts {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

export function writeCounts(scripts: Readonly<Record<string, ScriptCounts>>): void {
  writeFileSync(FILE, `${JSON.stringify({ tools: versionsOfTools(), scripts }, null, 2)}\n`)
}

/**
 * What differs from the checked-in counts. A new effect without a decision about its crash is a fault: look at the new points, then
 * write the counts anew.
 */
export function compareCounts(script: string, layer: Layer, points: readonly Point[], golden: GoldenCounts): string[] {
  const expected = golden.scripts[script]?.[layer]
  if (expected === undefined) return [`${script} is not in points.json`]
  const actual = countsOf(points)
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort().flatMap(key => {
    const [before = 0, after = 0] = [expected[key], actual[key]]
    return before === after ? [] : [`${script}: ${key} occurs ${after} times, and ${before} times in points.json`]
  })
}
