import type { Mode } from './modes.ts'
import type { ErrorName } from './preload.ts'
import type { Shell } from './programs.ts'
import type { Scenario } from './scenario.ts'

/** One mode, and every how many points of each scenario it is tried at. */
export interface Batch {
  readonly shell: Shell
  readonly mode: Mode
  /** For activation and rollback. */
  readonly central: number
  /** For the other scripts; 0: not at all. */
  readonly others: number
}

const KILL: Mode = { name: 'kill', signal: 'KILL' }
const error = (name: ErrorName, stays = false): Mode => (stays ? { name, stays } : { name })

/** In `npm test`, a few minutes on 2 cores: every point of a switch and of a rollback. `pnpm crash` runs the rest. */
export const SHORT: readonly Batch[] = [{ shell: 'dash', mode: KILL, central: 1, others: 0 }]

/** The same where libc calls cannot be counted. */
export const SHORT_WITHOUT_LIBRARY: readonly Batch[] = [
  { shell: 'dash', mode: { name: 'before', signal: 'KILL' }, central: 5, others: 0 },
]

/**
 * `pnpm crash`: about an hour on 2 idle cores, some 2,500 points. Every point would take most of a day, so each mode has a share
 * of the points, which the lines print, and which moves with the commit. Layer A covers kills with dash; with busybox only the
 * commands can be enumerated.
 */
export const FULL: readonly Batch[] = [
  { shell: 'dash', mode: KILL, central: 1, others: 1 },
  { shell: 'dash', mode: { name: 'kill', signal: 'TERM' }, central: 4, others: 4 },
  { shell: 'dash', mode: { name: 'exit-1' }, central: 4, others: 4 },
  ...(['ENOSPC', 'EIO', 'EROFS', 'EACCES'] as const).flatMap(name => [
    { shell: 'dash' as const, mode: error(name), central: 40, others: 40 },
    { shell: 'dash' as const, mode: error(name, true), central: 80, others: 80 },
  ]),
  { shell: 'dash', mode: { name: 'ENOSPC', stays: true, isStillFull: true }, central: 20, others: 0 },
  { shell: 'dash', mode: { name: 'no-space' }, central: 60, others: 60 },
  { shell: 'dash', mode: { name: 'denied' }, central: 60, others: 60 },
  { shell: 'dash', mode: { name: 'before', signal: 'KILL' }, central: 60, others: 60 },
  { shell: 'dash', mode: { name: 'after', signal: 'KILL' }, central: 60, others: 60 },
  { shell: 'busybox', mode: { name: 'before', signal: 'KILL' }, central: 16, others: 16 },
  { shell: 'busybox', mode: { name: 'after', signal: 'KILL' }, central: 24, others: 24 },
  { shell: 'busybox', mode: { name: 'exit-1' }, central: 16, others: 16 },
]

export const shareOf = (batch: Batch, { isCentral }: Scenario): number => (isCentral ? batch.central : batch.others)
