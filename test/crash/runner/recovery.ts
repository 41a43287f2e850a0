import { differences, type Snapshot, type Tree } from '../scripts/snapshot.ts'
import type { EngineEnd, Order } from './engine-run.ts'
import { VERSIONS } from './versions.ts'

/** What people do after a run that failed: the next deploy, and a rollback after that; or a rollback at once. */
export const RECOVERIES = {
  forward: [{ deploy: VERSIONS.v4 }, 'rollback'],
  backward: ['rollback'],
} as const satisfies Readonly<Record<string, readonly Order[]>>

export type RecoveryName = keyof typeof RECOVERIES
export const RECOVERY_NAMES = Object.keys(RECOVERIES) as RecoveryName[]

/** The state after one step of a recovery. */
export interface StepEnd {
  readonly end: EngineEnd
  readonly snapshot: Snapshot
}

/** The steps of a recovery from each of the complete states. */
export interface Branches {
  readonly old: readonly StepEnd[]
  readonly new: readonly StepEnd[]
}

/** How exact containers are compared. */
export interface Comparison {
  /**
   * A project that was started manually gets its images by ID when it is restored: Compose's hash of its services is another one
   * then.
   */
  readonly ignoresConfig: boolean
}

/** What differs from a complete state, in the project directory and in the containers; nothing when it is that state. */
export function differencesFrom(expected: Snapshot, actual: Snapshot, { ignoresConfig }: Comparison): string[] {
  const containers = (tree: Tree) => (ignoresConfig ? withoutConfig(tree) : tree)
  return [
    ...differences(expected.project, actual.project),
    ...differences(containers(expected.containers), containers(actual.containers)).map(line => `container ${line}`),
  ]
}

function withoutConfig(tree: Tree): Tree {
  return new Map([...tree].map(([key, text]) => [key, text.replace(CONFIG, 'config')]))
}

const CONFIG = /config \d+ of \S+|\b[0-9a-f]{64}\b/

/**
 * Equal for states from which every recovery must do the same. Times are left out, and so is the content of what lies in the
 * store: it is what the releases shipped.
 */
export function keyOf({ project, containers, store, records, leftovers }: Snapshot, end: EngineEnd): string {
  const ids = new Map<string, string>()
  const plain = (text: string) =>
    text
      .replace(/\d{8}T\d{6}Z(?:-\d+)?/g, id => ids.get(id) ?? ids.set(id, `release ${ids.size + 1}`).get(id) ?? id)
      .replace(CONFIG, 'config')
      .replace(/^file (\d+) .*$/, 'file $1')
  const lines = (tree: Tree) => [...tree].map(([name, text]) => plain(`${name}: ${text}`))
  const files = [...project].map(([name, text]) => `${name}: ${text}`)
  const random = leftovers.map(name => plain(name).replace(/\.[^./]{6,}/g, '.*'))
  const stored = [...store].map(([name, text]) => [plain(name), plain(text)])
  return JSON.stringify([end.status, files, lines(containers), stored, lines(records), random])
}
