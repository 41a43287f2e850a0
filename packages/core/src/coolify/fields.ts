import { isRecord } from '../values/record.ts'

/** Reads single fields out of an answer, whose shape is the service's and changes with its version. */
export type Fields = Readonly<Record<string, unknown>>

/** Numbers are text too: ids come as both. Undefined for null and ''. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** Milliseconds since the epoch. A time without a zone is UTC: Coolify writes both forms. */
export function timeOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name)
  if (text === undefined) return undefined
  const time = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** The entries of a list; of an object, which Laravel makes of a list that was sorted, its values. */
export function listOf(value: unknown): Fields[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).filter(isRecord)
}
