import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Observed } from '@deploy-actions/core/probe/observed'
import type { Log } from '@deploy-actions/core/runner/log'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { Question } from './attempt/observe.ts'
import type { PatternTester } from './expect/matcher.ts'
import type { Observation } from './observation.ts'

/** What the story reaches the world through. main makes the real one. */
export interface World {
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  readonly isMatch: PatternTester
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal
  /** Has the runner hide these in all that follows. */
  mask(secrets: Iterable<Secret>): void
  /** Makes one attempt. Throws CannotBeMade, or the question's signal's reason. */
  observe(question: Question): Promise<Observed<Observation>>
}
