import type { Pattern, PatternTester } from './matcher.ts'
import { withinTime } from './within-time.ts'

/** Milliseconds. What a sane expression needs for a megabyte is far below. */
const LIMIT = 500

/** Tests patterns with a time limit: an expression that backtracks without end stops after half a second. */
export function createPatternTester(limit = LIMIT): PatternTester {
  return ({ source, flags }, text) => {
    const tested = withinTime(limit, () => new RegExp(source, flags).test(text))
    return tested.isLate ? 'late' : tested.value
  }
}

/** Milliseconds for all expressions of one attempt: what answers may hold thousands of texts, each of them just within the limit. */
const LIMIT_OF_A_TRY = 2_000

/** The same for one attempt, which has so much time for its expressions together. */
export function withinATry(isMatch: PatternTester): PatternTester {
  let left = LIMIT_OF_A_TRY
  return (pattern, text) => {
    if (left <= 0) return 'late'
    const started = performance.now()
    const found = isMatch(pattern, text)
    left -= performance.now() - started
    return found
  }
}

/** Reads `/source/flags`; undefined when a text is not written as an expression. */
export function parsePattern(text: string): Pattern | undefined {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? []
  return source === undefined || flags === undefined ? undefined : { source, flags }
}

/** What is wrong with a pattern; undefined when nothing is. */
export function problemOfPattern({ source, flags }: Pattern): string | undefined {
  try {
    return new RegExp(source, flags) instanceof RegExp ? undefined : 'is no regular expression'
  } catch {
    return 'is no regular expression of JavaScript'
  }
}
