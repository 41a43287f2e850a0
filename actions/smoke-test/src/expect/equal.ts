import { isRecord } from '@deploy-actions/core/values/record'

/** Whether two values of JSON are the same, whatever the order of keys. Whole numbers of any size compare exactly. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b)) return a === b || (typeof a !== typeof b && compareNumbers(a, b) === 0)
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => isEqual(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
}

/** Like `isEqual`, but objects may have more keys than the expected one, at any depth of objects. */
export function isPartOf(expected: unknown, actual: unknown): boolean {
  if (!isRecord(expected) || !isRecord(actual)) return isEqual(expected, actual)
  return Object.entries(expected).every(([key, value]) => Object.hasOwn(actual, key) && isPartOf(value, actual[key]))
}

export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Negative when `a` is less. Mixed comparison of numbers and bigints is exact in JavaScript. */
export function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  return a > b ? 1 : 0
}

/** A number, whether it came as one or as a text, as the values of headers do; undefined when it is none. */
export function numberOf(value: unknown): number | bigint | undefined {
  if (isNumber(value)) return value
  if (typeof value !== 'string' || !/^\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\s*$/.test(value)) return undefined
  const number = Number(value)
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^\s*[-+]?\d+\s*$/.test(value)
    ? BigInt(value.trim().replace(/^\+/, ''))
    : number
}
