import type { Position } from '@deploy-actions/core/yaml/position'
import type { Kind } from './check.ts'

/** How one check ended, for every report. Texts are redacted, and of a length that can be shown. */
export interface CheckResult {
  readonly name: string
  readonly group: string | undefined
  readonly kind: Kind
  /** What was asked and from where: `GET https://shop.example.org/health`, `redis:6379 from deploy@shop.example.org`. */
  readonly target: string
  readonly at: Position
  readonly severity: 'error' | 'warning'
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped, in plain words; undefined when it passed. */
  readonly reason: string | undefined
  readonly attempts: readonly AttemptResult[]
  /** When the first attempt began, counted from the start of the run. */
  readonly startedMs: number
  /** From the first attempt to the last one's end. */
  readonly durationMs: number
}

export interface AttemptResult {
  readonly number: number
  readonly ok: boolean
  /** The reasons of a failure, the first one the weightiest; empty when it went well. */
  readonly reasons: readonly string[]
  /** The beginning of the body or the output, when that helps to understand the failure. */
  readonly excerpt: string | undefined
  /** Lines of ours to read or to copy, such as the host key that a server offers. */
  readonly advice?: readonly string[]
  /** The deadline left it too little time for an answer: it says less than those before. */
  readonly isCut?: true
  readonly durationMs: number
}

export interface RunResult {
  /** In the order in which they are written. */
  readonly checks: readonly CheckResult[]
  readonly durationMs: number
}
