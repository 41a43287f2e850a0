import { Secret } from '@deploy-actions/core/values/secret'
import type { Capture, Source } from '../check.ts'
import type { Observation } from '../observation.ts'
import type { Pattern } from './matcher.ts'
import { jsonOf } from './show.ts'
import { nameOf, Seen, TOO_DEEP } from './source.ts'
import { withinTime } from './within-time.ts'

export type Captured =
  | { readonly ok: true; readonly values: ReadonlyMap<string, Secret> }
  | { readonly ok: false; readonly reasons: readonly string[] }

type Taken = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }

/** Takes values out of what was seen, for later checks. They are secrets: a token is what is captured most. */
export async function captureFrom(captures: readonly Capture[], observation: Observation): Promise<Captured> {
  const seen = new Seen(observation)
  const values = new Map<string, Secret>()
  const reasons: string[] = []
  for (const { name, source, pattern } of captures) {
    const whole = await takeOrTooDeep(source, seen)
    const taken = whole.ok && pattern ? partOf(whole.text, pattern, source) : whole
    if (taken.ok) values.set(name, new Secret(taken.text))
    else reasons.push(`\`${name}\` cannot be captured: ${taken.problem}`)
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, values }
}

/** Milliseconds for one expression. */
const LIMIT = 500

function partOf(text: string, { source, flags }: Pattern, from: Source): Taken {
  const found = withinTime(LIMIT, () => new RegExp(source, flags.replace('g', '')).exec(text))
  if (found.isLate) return { ok: false, problem: `/${source}/ takes too long on ${nameOf(from)}` }
  const part = found.value?.[1] ?? found.value?.[0]
  return part
    ? { ok: true, text: part }
    : { ok: false, problem: `${nameOf(from)} has nothing that /${source}/ matches` }
}

async function takeOrTooDeep(source: Source, seen: Seen): Promise<Taken> {
  try {
    return await take(source, seen)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return { ok: false, problem: `${seen.documentName} ${TOO_DEEP}` }
  }
}

async function take(source: Source, seen: Seen): Promise<Taken> {
  const part = await seen.part(source)
  if (!part.ok) return { ok: false, problem: `${seen.documentName} ${part.problem}` }
  const value = part.several ? part.value[0] : part.value
  if (value === undefined || value === '') {
    return { ok: false, problem: `${nameOf(source)} is ${value === '' ? 'empty' : 'missing'}` }
  }
  return { ok: true, text: typeof value === 'string' ? value : jsonOf(value) }
}
