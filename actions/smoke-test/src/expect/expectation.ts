import type { Source } from '../check.ts'
import type { Matcher } from './matcher.ts'

/** What must hold of a attempt, read from `expect:`. */
export type Expectation =
  | { readonly kind: 'status'; readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly kind: 'value'; readonly source: Source; readonly matcher: Matcher }
  /** The body, or the standard output, against a JSON Schema. */
  | { readonly kind: 'json-schema'; readonly schema: unknown }
  /** Milliseconds that the whole attempt took. */
  | { readonly kind: 'max-time'; readonly ms: number }
  /** Nothing responds there. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'max-size'; readonly bytes: number }
  | { readonly kind: 'certificate'; readonly part: 'days-left' | 'issuer' | 'names'; readonly matcher: Matcher }
  | { readonly kind: 'tls-version'; readonly matcher: Matcher }
