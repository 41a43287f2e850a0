import { parseRetryAfter } from '@deploy-actions/core/http/retry-after'
import { excerptOf } from '@deploy-actions/core/probe/excerpt'
import type { Observed, ProbeFailure } from '@deploy-actions/core/probe/observed'
import { redact, type Secret } from '@deploy-actions/core/values/secret'
import type { Check, FatalOn, Subject } from '../check.ts'
import { captureFrom } from '../expect/capture.ts'
import { judge } from '../expect/judge.ts'
import type { PatternTester } from '../expect/matcher.ts'
import type { Observation } from '../observation.ts'
import type { AttemptEnd } from './pause.ts'
import { doubtOf } from './unreachable.ts'

/** One attempt with its verdict. Texts are those of the other side, as far as they are not known to be secret. */
export interface JudgedAttempt extends AttemptEnd {
  readonly reasons: readonly string[]
  readonly excerpt: string | undefined
  readonly advice?: readonly string[]
  readonly durationMs: number
  /** The deadline left it too little time for an answer. */
  readonly isCut?: true
  readonly captured: ReadonlyMap<string, Secret>
}

const LONGEST_EXCERPT = 500
const NOTHING: ReadonlyMap<string, Secret> = new Map()

/** Says of what one attempt saw whether it is enough. */
export async function judgeAttempt(
  check: Check,
  seen: Observed<Observation>,
  { isMatch, now, isCut }: { readonly isMatch: PatternTester; readonly now: number; readonly isCut: boolean },
): Promise<JudgedAttempt> {
  const { durationMs } = seen
  const isFatal = check.retry.fatalOn.some(fatal => meets(fatal, seen))
  if (!seen.ok) {
    const common = { excerpt: undefined, durationMs, captured: NOTHING }
    const failed = { ok: false, isFatal, ...common, ...(isCut ? { isCut } : {}) }
    if (check.expectations.some(({ kind }) => kind === 'unreachable')) {
      const doubt = doubtOf(seen.failure, isCut)
      if (doubt === undefined) return { ok: true, isFatal: false, reasons: [], ...common }
      return { ...failed, reasons: [`${seen.failure.reason}; ${doubt}`] }
    }
    return { ...failed, reasons: [seen.failure.reason, ...cureOf(seen.failure, check.subject)] }
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

/** A private authority has a key of ours, as long as none is named there. */
function cureOf({ kind }: ProbeFailure, subject: Subject): string[] {
  if (kind !== 'certificate-chain' && kind !== 'certificate-self-signed') return []
  if (!('tls' in subject) || subject.tls.caFile !== undefined) return []
  const key = subject.kind === 'http' ? 'tls.ca-file' : 'ca-file'
  return [`if your own authority issued it, name the file with the authority's certificate in \`${key}\``]
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
