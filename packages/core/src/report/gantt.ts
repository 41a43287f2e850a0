/** A stretch of time; milliseconds, on any one scale. */
export interface Bar {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly ok: boolean
}

/** Bars that a person can still tell apart. */
export const MOST_BARS = 40

/**
 * A Mermaid gantt for the summary; times are relative to the earliest start. What failed is red and has a sign: a colour alone is
 * not seen by everybody. https://mermaid.js.org/syntax/gantt.html
 */
export function gantt(title: string, bars: readonly Bar[]): string {
  const origin = bars.reduce((earliest, { start }) => Math.min(earliest, start), Number.POSITIVE_INFINITY)
  const lines = bars.map(({ name, start, end, ok }) => {
    const [from, to] = [Math.round(start - origin), Math.round(end - origin)]
    // A bar of no width is not drawn.
    return `    ${ok ? '✓' : '✗'} ${label(name)} :${ok ? 'done' : 'crit'}, ${from}, ${Math.max(to, from + 1)}`
  })
  const head = [`    title ${label(title)}`, '    dateFormat x', '    axisFormat %M:%S']
  return ['```mermaid', 'gantt', ...head, ...lines, '```'].join('\n')
}

/** A colon or a semicolon ends a name, a hash begins an entity, two per cents a comment, and backticks would end the block. */
function label(name: string): string {
  return name.replace(/[:;#,%`{}<>"]|[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
}
