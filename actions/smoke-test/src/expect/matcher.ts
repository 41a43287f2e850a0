/** What a value must be like. A bare value is `eq`, `/re/flags` is `matches`. */
export type Matcher =
  | { readonly op: 'eq'; readonly value: unknown }
  | { readonly op: 'ne'; readonly value: unknown }
  | { readonly op: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: number | bigint | string }
  | { readonly op: 'in'; readonly values: readonly unknown[] }
  | { readonly op: 'not-in'; readonly values: readonly unknown[] }
  | { readonly op: 'contains'; readonly value: unknown }
  | { readonly op: 'not-contains'; readonly value: unknown }
  | { readonly op: 'starts-with' | 'ends-with'; readonly text: string }
  | { readonly op: 'matches'; readonly pattern: Pattern }
  /** Names this version or commit: a commit by its first seven characters or more, a version with or without `v`. */
  | { readonly op: 'version'; readonly version: string }
  | { readonly op: 'exists' | 'absent' }
  | { readonly op: 'type'; readonly type: ValueType }
  /** The number of characters, items or keys. */
  | { readonly op: 'length'; readonly matcher: Matcher }
  | { readonly op: 'every' | 'any'; readonly matcher: Matcher }
  | { readonly op: 'not'; readonly matcher: Matcher }
  | { readonly op: 'and' | 'or'; readonly matchers: readonly Matcher[] }

/** A regular expression as text: it is only ever run with a time limit. */
export interface Pattern {
  readonly source: string
  readonly flags: string
}

export const VALUE_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const
export type ValueType = (typeof VALUE_TYPES)[number]

/** Whether a pattern is found in a text; `late` when that took longer than it may. */
export type PatternTester = (pattern: Pattern, text: string) => boolean | 'late'
