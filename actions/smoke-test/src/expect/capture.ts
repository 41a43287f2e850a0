import { Secret } from '@deploy-actions/core/values/secret'
import type { Capture } from '../check.ts'
import type { Observation } from '../observation.ts'
import { jsonOf } from './show.ts'
import { nameOf, Seen } from './source.ts'

export type Captured =
  | { readonly ok: true; readonly values: ReadonlyMap<string, Secret> }
  | { readonly ok: false; readonly reasons: readonly string[] }

/** Takes values out of what was seen, for later checks. They are secrets: a token is what is captured most. */
export async function captureFrom(captures: readonly Capture[], observation: Observation): Promise<Captured> {
  const seen = new Seen(observation)
  const values = new Map<string, Secret>()
  const reasons: string[] = []
  for (const { name, source } of captures) {
    const part = await seen.part(source)
    const value = part.ok ? (part.several ? part.value[0] : part.value) : undefined
    if (!part.ok) reasons.push(`\`${name}\` cannot be captured: ${seen.documentName} ${part.problem}`)
    else if (value === undefined || value === '') {
      reasons.push(`\`${name}\` cannot be captured: ${nameOf(source)} is ${value === '' ? 'empty' : 'missing'}`)
    } else values.set(name, new Secret(typeof value === 'string' ? value : jsonOf(value)))
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, values }
}
