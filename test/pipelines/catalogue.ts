import { atmr } from './atmr/paths.ts'
import { penpal } from './penpal/paths.ts'
import type { Pipeline } from './pipeline.ts'
import { timeManager } from './time-manager/paths.ts'

/** All pipelines that run end to end in the lab. */
export const PIPELINES: readonly Pipeline[] = [penpal, atmr, timeManager]
