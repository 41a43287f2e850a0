/** As a runner counts a summary: in UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}

export interface Fitting<T> {
  readonly shown: readonly T[]
  /** How many have no room. */
  readonly left: number
}

/** The first items, or the last ones, that have room together. */
export function fitting<T>(
  items: readonly T[],
  room: number,
  sizeOf: (item: T) => number,
  which: 'first' | 'last' = 'first',
): Fitting<T> {
  let used = 0
  let count = 0
  for (const item of which === 'first' ? items : items.toReversed()) {
    used += sizeOf(item)
    if (used > room) break
    count += 1
  }
  const left = items.length - count
  return { shown: which === 'first' ? items.slice(0, count) : items.slice(left), left }
}
