import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Outcome } from './run-case.ts'

export const GOLDEN_FILE = path.join(import.meta.dirname, 'fixtures/golden.json')

/** What the peer made of a case. The variables it exports are its outputs again, or none. */
export interface Golden {
  readonly status: Outcome['status']
  readonly outputs?: Readonly<Record<string, string>>
  /** Of what says once more what the outputs say: hashes. */
  readonly hashes?: Readonly<Record<string, string>>
  readonly exports?: boolean
}

/** The outputs that are kept as they are. */
const PLAIN_OUTPUTS: readonly string[] = ['version', 'tags', 'tag-names', 'labels', 'annotations']

/** An outcome in the form that is kept; of a failure only that it failed. */
export function toGolden({ status, outputs, exported, bakeFiles }: Outcome): Golden {
  if (status === 'failure') return { status }
  return {
    status,
    outputs: Object.fromEntries(Object.entries(outputs).filter(([name]) => PLAIN_OUTPUTS.includes(name))),
    hashes: { json: hashOf(outputs['json'] ?? ''), ...mapValues(bakeFiles, hashOf) },
    exports: Object.keys(exported).length > 0,
  }
}

function mapValues(record: Readonly<Record<string, string>>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, text]) => [key, change(text)]))
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

export function readGolden(): Readonly<Record<string, Golden>> {
  return JSON.parse(readFileSync(GOLDEN_FILE, 'utf8'))
}

/** The outputs that both actions have. Our own come on top. */
export const SHARED_OUTPUTS = [
  'version',
  'tags',
  'tag-names',
  'labels',
  'annotations',
  'json',
  'bake-file-tags',
  'bake-file-labels',
  'bake-file-annotations',
  'bake-file',
] as const

/** Of an outcome what the peer has too, to be compared with it. */
export function sharedPart(outcome: Outcome): Outcome {
  const outputs = Object.entries(outcome.outputs).filter(([name]) =>
    (SHARED_OUTPUTS as readonly string[]).includes(name),
  )
  return { ...outcome, outputs: Object.fromEntries(outputs) }
}
