import type { Position } from '@deploy-actions/core/yaml/position'

/** What can be wrong, in one word that scripts can branch on. */
export const CODES = {
  missing: 'required and not set',
  blank: 'set, but to nothing that can be seen',
  whitespace: 'white space or an invisible character where none belongs',
  'too-short': 'shorter than the rule allows',
  'too-long': 'longer than the rule or GitHub allows',
  format: 'not of its type',
  placeholder: 'still the text of a template',
  weak: 'guessable',
  expired: 'out of date, or soon',
  mismatch: 'does not fit another value or the rule',
  forbidden: 'of a kind that the rule excludes',
  group: 'a rule over several names is broken',
  'not-secret': 'no secret: its mask ruins logs and drops job outputs',
  'unknown-name': 'no rule knows the name',
  config: 'the rules themselves are wrong',
  unreachable: 'a remote check got no response',
  refused: 'a remote check was refused',
} as const

export type Code = keyof typeof CODES
export type Severity = 'error' | 'warning'

/**
 * What a check finds wrong with one value. The texts are ours and constant but for what the rules say: never a value, a part
 * of one, or a library's message, since those quote what they read.
 */
export interface Flaw {
  readonly code: Code
  /** Reads on after the name: "`APP_KEY` …". */
  readonly text: string
  /** What to do about it, as a sentence. */
  readonly hint?: string
  /** Set where a flaw is worth a warning only, whatever the rule says. */
  readonly severity?: Severity
}

/** A flaw with its place: whose it is, and where the rule stands. */
export interface Problem extends Flaw {
  /** The names that it is about, the first one first. */
  readonly names: readonly string[]
  readonly severity: Severity
  readonly at?: Position
}

export function flaw(code: Code, text: string, hint?: string): Flaw {
  return hint === undefined ? { code, text } : { code, text, hint }
}
