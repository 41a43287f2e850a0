import { isRecord } from '@deploy-actions/core/values/record'
import type { Schema } from './reader.ts'

/** Below this, a reference is hardly shorter. */
const WORTH_IT = 160

/** Moves what stands several times in a schema to its `definitions`, each named by the key that it first stands at. */
export function withSharedSchemas(schema: Schema): Schema {
  const counts = new Map<string, number>()
  count(schema, counts)
  const names = new Map<string, string>()
  const definitions: Record<string, unknown> = {}
  const taken = new Set(Object.keys(schema['definitions'] ?? {}))

  const replace = (value: unknown, key: string, isTop = false): unknown => {
    if (Array.isArray(value)) return value.map(item => replace(item, key))
    if (!isRecord(value)) return value
    const id = idOf(value)
    const inner = () =>
      Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replace(part, nameFor(name, key))]))
    if (isTop || id.length < WORTH_IT || (counts.get(id) ?? 0) < 2) return inner()
    const known = names.get(id)
    const name = known ?? free(key, taken)
    if (known === undefined) {
      names.set(id, name)
      const { description: _, ...rest } = inner()
      definitions[name] = rest
    }
    const { description } = value
    return { $ref: `#/definitions/${name}`, ...(description === undefined ? {} : { description }) }
  }

  const { definitions: own, ...rest } = schema
  const top = replace(rest, 'document', true)
  const named = Object.entries(own ?? {}).map(([name, part]) => [name, replace(part, name, true)])
  return { ...(top as Schema), definitions: { ...Object.fromEntries(named), ...definitions } }
}

function count(value: unknown, counts: Map<string, number>): void {
  if (Array.isArray(value)) for (const item of value) count(item, counts)
  if (!isRecord(value)) return
  const id = idOf(value)
  counts.set(id, (counts.get(id) ?? 0) + 1)
  for (const part of Object.values(value)) count(part, counts)
}

/** What a schema says, whatever its description. A map of properties is no schema. */
function idOf(value: Schema): string {
  const { description: _, ...rest } = value
  const isOne = ['type', 'anyOf', 'oneOf', 'enum'].some(key => key in value)
  return isOne ? JSON.stringify(rest) : ''
}

function nameFor(key: string, outer: string): string {
  return /^(anyOf|oneOf|items|properties|patternProperties|additionalProperties)$/.test(key) || key.startsWith('^')
    ? outer
    : key
}

function free(name: string, taken: Set<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`
  taken.add(free)
  return free
}
