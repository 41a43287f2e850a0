import type { Budget } from '../github-api.ts'

/** How often a watch looks. Milliseconds. */
export interface Pace {
  readonly shortest: number
  readonly longest: number
}

export interface Moment {
  /** Milliseconds since the watch began. */
  readonly elapsed: number
  /** Milliseconds until its last look. */
  readonly left: number
  /** Milliseconds until a window ends, when nothing changes before. */
  readonly endsIn: number | undefined
  /** Undefined where the server names no limit. */
  readonly budget: Budget | undefined
  /** From 0 to 1. */
  readonly random: number
}

/** A CI that has run for ten minutes is not looked at each ten seconds. */
const GROWTH = 0.15
/** That count: most of a look has not changed since the last one. */
const REQUESTS_OF_A_LOOK = 1
/** Of the hour's requests that are left; the rest is for the other workflows of the repository. */
const SHARE = 0.5

/**
 * Milliseconds until the next look: in proportion to the time that the watch has lasted, as much as the hourly limit allows, and not
 * after a window or the watch itself ends.
 */
export function pauseBeforeLook({ elapsed, left, endsIn, budget, random }: Moment, pace: Pace): number {
  const grown = Math.min(Math.max(elapsed * GROWTH, pace.shortest), pace.longest)
  const affordable =
    budget === undefined ? 0 : budget.resetsIn / Math.max(1, (budget.remaining * SHARE) / REQUESTS_OF_A_LOOK)
  // Several watches that began with the same push do not look at the same moment.
  const pause = Math.max(grown, affordable) * (0.9 + random * 0.2)
  return Math.max(1, Math.min(pause, endsIn ?? Number.POSITIVE_INFINITY, left))
}
