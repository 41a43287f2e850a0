import type { Check } from '../check.ts'
import { mismatches } from '../expect/match.ts'
import type { PatternTester } from '../expect/matcher.ts'
import { withinATry } from '../expect/pattern.ts'
import { Shower } from '../expect/show.ts'

/** Whether a connection has said enough; undefined when the check does not care what it says. */
export function enoughOf(
  { subject, expectations, captures, secrets }: Pick<Check, 'subject' | 'expectations' | 'captures' | 'secrets'>,
  isMatch: PatternTester,
): ((text: string) => boolean) | undefined {
  if (subject.kind !== 'tcp' && subject.kind !== 'tls') return undefined
  const matchers = expectations.flatMap(expectation =>
    expectation.kind === 'value' && expectation.source.part === 'banner' ? [expectation.matcher] : [],
  )
  const isCaptured = captures.some(({ source }) => source.part === 'banner')
  if (matchers.length === 0 && !isCaptured) return undefined
  const matching = { show: new Shower(secrets), isMatch: withinATry(isMatch) }
  return text => {
    if (text.trim() === '') return false
    // The rest of a line may be on its way.
    if (isCaptured && !text.includes('\n')) return false
    return matchers.every(matcher => mismatches(matcher, text.trim(), matching).length === 0)
  }
}
