import { isRecord } from '../values/record.ts'

/** Data that a tool printed, read without trust in its shape: what is missing or of another kind is empty. */
export type PlainObject = Readonly<Record<string, unknown>>

export function objectOf(value: unknown): PlainObject {
  return isRecord(value) ? value : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Numbers count as texts too: tools do not agree on which of the two a port is. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
}

/** The values of an object's properties that the reader can make something of. */
export function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([key, entry]) => {
      const text = textOf(entry)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}
