import type { CertificateFacts } from '@deploy-actions/core/probe/certificate'
import { formatBytes } from '@deploy-actions/core/values/bytes'
import { formatDuration } from '@deploy-actions/core/values/duration'
import type { Check } from '../check.ts'
import type { Observation } from '../observation.ts'
import type { Expectation } from './expectation.ts'
import { withoutBigints } from './json.ts'
import { type Matching, mismatches } from './match.ts'
import type { Matcher, PatternTester } from './matcher.ts'
import { withinATry } from './pattern.ts'
import { Shower } from './show.ts'
import { nameOf, Seen, TOO_DEEP } from './source.ts'

/**
 * What an attempt that was answered lacks, in plain words without secrets, the weightiest first; empty when all holds.
 * `durationMs` is the whole attempt's.
 */
export async function judge(
  { expectations, secrets }: Pick<Check, 'expectations' | 'secrets'>,
  observation: Observation,
  durationMs: number,
  isMatch: PatternTester,
): Promise<string[]> {
  const matching: Matching = { show: new Shower(secrets), isMatch: withinATry(isMatch) }
  const seen = new Seen(observation)
  const reasons: string[] = []
  const ordered = [...expectations].sort((a, b) => weightOf(a) - weightOf(b))
  let isRefused = false
  for (const expectation of ordered) {
    // The answer of an error is in another language, which explains nothing.
    const language = languageOf(expectation)
    if (isRefused && language !== undefined && !(await seen.open(language)).ok) continue
    const found = await lacksOrTooDeep(expectation, observation, seen, durationMs, matching)
    if (found.length > 0 && weightOf(expectation) === 0) isRefused = true
    reasons.push(...found)
  }
  // One body that is no JSON would be told once for each path.
  return [...new Set(reasons)]
}

function languageOf(expectation: Expectation): 'json' | 'html' | undefined {
  if (expectation.kind === 'json-schema') return 'json'
  const part = expectation.kind === 'value' ? expectation.source.part : undefined
  return part === 'json' || part === 'html' ? part : undefined
}

/** A wrong status explains a wrong body, not the other way round. */
function weightOf(expectation: Expectation): number {
  if (expectation.kind === 'status') return 0
  if (expectation.kind === 'value') return expectation.source.part === 'exit-code' ? 0 : 1
  return expectation.kind === 'json-schema' ? 2 : 3
}

/** What answers may nest lists so deeply that nothing can walk them. */
async function lacksOrTooDeep(...args: Parameters<typeof lacks>): Promise<string[]> {
  try {
    return await lacks(...args)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return [`${args[2].documentName} ${TOO_DEEP}`]
  }
}

async function lacks(
  expectation: Expectation,
  observation: Observation,
  seen: Seen,
  durationMs: number,
  matching: Matching,
): Promise<string[]> {
  switch (expectation.kind) {
    case 'status':
      return observation.kind === 'http' ? statusLacks(expectation.ranges, observation.facts.status) : []
    case 'value':
      return valueLacks(expectation, seen, matching)
    case 'json-schema':
      return schemaLacks(expectation.schema, seen, matching)
    case 'max-time':
      if (durationMs <= expectation.ms) return []
      return [`took ${formatDuration(durationMs)}, more than ${formatDuration(expectation.ms)}`]
    case 'unreachable':
      return [
        observation.kind === 'http'
          ? `responded with status ${observation.facts.status}, and must not be reachable`
          : 'accepted the connection, and must not be reachable',
      ]
    case 'max-size': {
      if (observation.kind !== 'http') return []
      const { size, isCut } = observation.facts
      if (size <= expectation.bytes && !isCut) return []
      return [
        `the body is ${isCut ? 'larger than' : formatBytes(size)}${isCut ? '' : ', more than'} ${formatBytes(expectation.bytes)}`,
      ]
    }
    case 'certificate':
      return certificateLacks(expectation, certificateOf(observation), matching)
    case 'tls-version':
      return tlsLacks(expectation.matcher, observation, matching)
    default: {
      const never: never = expectation
      return never
    }
  }
}

function statusLacks(ranges: Extract<Expectation, { kind: 'status' }>['ranges'], status: number): string[] {
  if (ranges.some(({ from, to }) => status >= from && status <= to)) return []
  return [`status is ${status}, not ${ranges.map(showRange).join(' or ')}`]
}

function showRange({ from, to }: { readonly from: number; readonly to: number }): string {
  if (from === to) return String(from)
  return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`
}

async function valueLacks(
  { source, matcher }: Extract<Expectation, { kind: 'value' }>,
  seen: Seen,
  matching: Matching,
): Promise<string[]> {
  const part = await seen.part(source)
  if (!part.ok) return [`${seen.documentName} ${part.problem}`]
  const repeated = seen.repeated(source)
  const used = IS_TRIMMED.has(source.part) ? trimmed(matcher) : matcher
  const found = repeated
    ? repeatedLack(used, repeated, matching)
    : part.several
      ? severalLack(matcher, part.value, part.several, matching)
      : mismatches(used, part.value, matching)
  const cut = found.length === 0 && !isKnownByStart(matcher) ? seen.cutProblem(source.part) : undefined
  if (cut !== undefined) return [`${nameOf(source)} ${cut('what its rest would say is not known')}`]
  // What is wanted may stand in what was not read.
  const unread = found.length > 0 && isOpenToMore(matcher) ? seen.cutProblem(source.part) : undefined
  if (unread !== undefined) found.push(unread('only its beginning was compared'))
  return found.map(words => join(nameOf(source), words))
}

/** Whether a text that lacks something may have it further on. */
function isOpenToMore(matcher: Matcher): boolean {
  switch (matcher.op) {
    case 'not-contains':
    case 'starts-with':
    case 'absent':
      return false
    case 'and':
    case 'or':
      return matcher.matchers.some(isOpenToMore)
    default:
      return true
  }
}

/** Parts whose outer white space does not count. */
const IS_TRIMMED: ReadonlySet<string> = new Set(['body', 'banner', 'stdout', 'stderr', 'header', 'cookie'])

/** The same for what is expected: a text in a YAML block ends with a line break. */
function trimmed(matcher: Matcher): Matcher {
  const text = (value: unknown) => (typeof value === 'string' ? value.trim() : value)
  switch (matcher.op) {
    case 'eq':
    case 'ne':
      return { ...matcher, value: text(matcher.value) }
    case 'in':
    case 'not-in':
      return { ...matcher, values: matcher.values.map(text) }
    case 'contains':
    case 'not-contains':
      return {
        ...matcher,
        value: typeof matcher.value === 'string' ? matcher.value.replace(/\n+$/, '') : matcher.value,
      }
    case 'starts-with':
      return { ...matcher, text: matcher.text.replace(/\n+$/, '').trimStart() }
    case 'ends-with':
      return { ...matcher, text: matcher.text.trimEnd() }
    case 'and':
    case 'or':
      return { ...matcher, matchers: matcher.matchers.map(trimmed) }
    case 'not':
      return { ...matcher, matcher: trimmed(matcher.matcher) }
    default:
      return matcher
  }
}

/** One of several headers must be as it should; none may be as it must not. */
function repeatedLack(matcher: Matcher, values: readonly string[], matching: Matching): string[] {
  if (matcher.op === 'and') return matcher.matchers.flatMap(part => repeatedLack(part, values, matching))
  const all = values.map(value => mismatches(matcher, value, matching))
  const isNegative = ['absent', 'ne', 'not-in', 'not-contains', 'not'].includes(matcher.op)
  const bad = all.filter(found => found.length > 0)
  if (isNegative ? bad.length === 0 : bad.length < all.length) return []
  return isNegative ? (bad[0] ?? []) : [`: none of the ${values.length} headers fits; the first ${bad[0]?.[0] ?? ''}`]
}

/** Whether what holds for the beginning of a text holds for the whole, whatever follows. */
function isKnownByStart(matcher: Matcher): boolean {
  switch (matcher.op) {
    case 'contains':
    case 'starts-with':
    case 'version':
    case 'exists':
      return true
    case 'matches':
      // An expression may ask for the end, or for what does not follow.
      return !/\$|\(\?!/.test(matcher.pattern.source)
    case 'and':
    case 'or':
      return matcher.matchers.every(isKnownByStart)
    default:
      return false
  }
}

function severalLack(
  matcher: Matcher,
  values: readonly unknown[],
  of: 'values' | 'texts',
  matching: Matching,
): string[] {
  const used = forEach(matcher, of)
  const found = mismatches(used, values, matching)
  if (found.length === 0) return found
  if (matcher.op === 'absent') return mismatches(matcher, values, matching)
  // That nothing was found, or what the only one is, says more than what a list lacks.
  if (values.length === 0) return ['is missing', ...mismatches(matcher, undefined, matching)].slice(-1)
  return used.op === 'every' && values.length === 1 ? mismatches(used.matcher, values[0], matching) : found
}

/**
 * A path that may lead to several values gives a list. What is said of one value then holds for each of them, and there must
 * be one: otherwise a list that lacks the service in question would be right.
 */
function forEach(matcher: Matcher, of: 'values' | 'texts'): Matcher {
  if (!isOfList(matcher, of)) return { op: 'every', matcher }
  switch (matcher.op) {
    case 'exists':
      return { op: 'length', matcher: { op: 'gt', value: 0 } }
    case 'absent':
      return { op: 'length', matcher: { op: 'eq', value: 0 } }
    case 'and':
    case 'or':
      return { op: matcher.op, matchers: matcher.matchers.map(part => forEach(part, of)) }
    case 'not':
      return { op: 'not', matcher: forEach(matcher.matcher, of) }
    default:
      return matcher
  }
}

/** Whether a matcher speaks of the list that a path gives, and not of each value in it. */
function isOfList(matcher: Matcher, of: 'values' | 'texts'): boolean {
  switch (matcher.op) {
    case 'every':
    case 'any':
    case 'length':
    case 'type':
    case 'exists':
    case 'absent':
      return true
    case 'eq':
      return Array.isArray(matcher.value)
    case 'contains':
    case 'not-contains':
      // A list has an item; a text has a part.
      return of === 'values'
    case 'and':
    case 'or':
      return matcher.matchers.some(part => isOfList(part, of))
    case 'not':
      return isOfList(matcher.matcher, of)
    default:
      return false
  }
}

async function schemaLacks(schema: unknown, seen: Seen, { show }: Matching): Promise<string[]> {
  const json = seen.json()
  if (!json.ok) return [`${seen.documentName} ${json.problem}`]
  const { schemaMismatches } = await import('./json-schema.ts')
  return schemaMismatches(schema, withoutBigints(json.value)).map(words => `${seen.documentName} ${show.text(words)}`)
}

function certificateOf(observation: Observation): CertificateFacts | undefined {
  return observation.kind === 'http' || observation.kind === 'tcp' || observation.kind === 'tls'
    ? observation.facts.certificate
    : undefined
}

function certificateLacks(
  { part, matcher }: Extract<Expectation, { kind: 'certificate' }>,
  facts: CertificateFacts | undefined,
  matching: Matching,
): string[] {
  if (facts === undefined) return ['there is no certificate: the connection is not encrypted']
  const value = { 'days-left': facts.daysLeft, issuer: facts.issuer, names: facts.names }[part]
  const name = { 'days-left': 'days-left', issuer: 'the issuer', names: 'the list of names' }[part]
  const until = part === 'days-left' ? ` (${endOf(facts)})` : ''
  return mismatches(matcher, value, matching).map(words => `${join(`${name} of the certificate`, words)}${until}`)
}

function endOf({ validTo, endsFirst }: CertificateFacts): string {
  return endsFirst === undefined
    ? `it is valid until ${validTo.toISOString().slice(0, 10)}`
    : `the intermediate certificate ${endsFirst} ends before it`
}

function tlsLacks(matcher: Matcher, observation: Observation, matching: Matching): string[] {
  const version =
    observation.kind === 'dns' || observation.kind === 'command' ? undefined : observation.facts.tlsVersion
  if (version === undefined) return ['there is no TLS: the connection is not encrypted']
  return mismatches(matcher, version.replace(/^TLSv/, ''), matching).map(words => join('the version of TLS', words))
}

function join(name: string, words: string): string {
  return `${name}${words.startsWith(':') ? '' : ' '}${words}`
}
