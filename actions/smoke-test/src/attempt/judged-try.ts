import { parseRetryAfter } from '@deploy-actions/core/http/retry-after'
import { excerptOf } from '@deploy-actions/core/probe/excerpt'
import type { Observed } from '@deploy-actions/core/probe/observed'
import { redact, type Secret } from '@deploy-actions/core/values/secret'
import type { Check, FatalOn } from '../check.ts'
import { captureFrom } from '../expect/capture.ts'
import { judge } from '../expect/judge.ts'
import type { PatternTester } from '../expect/matcher.ts'
import type { Observation } from '../observation.ts'
import type { TryEnd } from './pause.ts'

/** One try with its verdict. Texts are those of the other side, as far as they are not known to be secret. */
export interface JudgedTry extends TryEnd {
  readonly reasons: readonly string[]
  readonly excerpt: string | undefined
  readonly durationMs: number
  /** The deadline left it too little time for an answer. */
  readonly isCut?: true
  readonly captured: ReadonlyMap<string, Secret>
}

/** Failures that show that nothing responds. A wrong certificate is a response, and an SSH server that is down shows nothing. */
const NOBODY: ReadonlySet<string> = new Set([
  'refused',
  'name-not-found',
  'unreachable',
  'timeout-connect',
  'reset',
  'closed',
])

const LONGEST_EXCERPT = 500
const NOTHING: ReadonlyMap<string, Secret> = new Map()

/** Says of what one try saw whether it is enough. */
export async function judgeTry(
  check: Check,
  seen: Observed<Observation>,
  { isMatch, now }: { readonly isMatch: PatternTester; readonly now: number },
): Promise<JudgedTry> {
  const { durationMs } = seen
  const isFatal = check.retry.fatalOn.some(fatal => meets(fatal, seen))
  if (!seen.ok) {
    if (check.expectations.some(({ kind }) => kind === 'unreachable') && NOBODY.has(seen.failure.kind)) {
      return { ok: true, isFatal: false, reasons: [], excerpt: undefined, durationMs, captured: NOTHING }
    }
    const reasons = [seen.failure.reason]
    return { ok: false, isFatal, reasons, excerpt: undefined, durationMs, captured: NOTHING }
  }
  const observation = seen.facts
  const lacks = await judge(check, observation, durationMs, isMatch)
  const captured = lacks.length > 0 ? undefined : await captureFrom(check.captures, observation)
  if (captured?.ok) {
    return { ok: true, isFatal: false, reasons: [], excerpt: undefined, durationMs, captured: captured.values }
  }
  return {
    ok: false,
    isFatal,
    asksFor: askedPause(observation, now),
    reasons: [...lacks, ...(captured?.reasons ?? []), ...wayOf(observation)],
    excerpt: excerptFrom(observation, check.secrets),
    durationMs,
    captured: NOTHING,
  }
}

function meets(fatal: FatalOn, seen: Observed<Observation>): boolean {
  switch (fatal.kind) {
    case 'failure':
      // `certificate` is any failure of one, `certificate-expired` this one.
      return !seen.ok && `${seen.failure.kind}-`.startsWith(`${fatal.failure}-`)
    case 'status': {
      const status = seen.ok && seen.facts.kind === 'http' ? seen.facts.facts.status : undefined
      return status !== undefined && status >= fatal.from && status <= fatal.to
    }
    case 'exit-code':
      return seen.ok && seen.facts.kind === 'command' && seen.facts.facts.exitCode === fatal.code
  }
}

function askedPause(observation: Observation, now: number): number | undefined {
  if (observation.kind !== 'http') return undefined
  return parseRetryAfter(observation.facts.headers.get('retry-after'), now)
}

/** A proxy between may have given the answer itself. */
function wayOf(observation: Observation): string[] {
  const proxy = observation.kind === 'http' ? observation.facts.proxy : undefined
  return proxy ? [`the answer came by way of the proxy ${proxy.host}`] : []
}

function excerptFrom(observation: Observation, secrets: readonly Secret[]): string | undefined {
  switch (observation.kind) {
    case 'http':
    case 'tcp':
    case 'tls':
      return excerptOf(observation.facts.text, secrets, LONGEST_EXCERPT)
    case 'dns':
      return excerptOf(observation.records.join(', '), secrets, LONGEST_EXCERPT)
    case 'command': {
      const { stdout, stderr } = observation.facts
      // Programs say at the end why they failed. Redacted first: half a secret would not be found any more.
      const said = redact(stderr.trim() || stdout.trim(), secrets)
      return excerptOf(said.slice(-LONGEST_EXCERPT), secrets, LONGEST_EXCERPT)
    }
  }
}
