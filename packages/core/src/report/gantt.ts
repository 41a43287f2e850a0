/** A stretch of time; milliseconds, on any one scale. */
export interface Bar {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly ok: boolean
}

/** Bars that a person can still tell apart. */
export const MOST_BARS = 40

/** Milliseconds; below them whole seconds show nothing. */
const SHORT = 3_000

/**
 * A Mermaid gantt for the summary; times are relative to the earliest start. What failed is red and has a sign: a colour alone is
 * not seen by everybody. https://mermaid.js.org/syntax/gantt.html
 */
export function gantt(title: string, bars: readonly Bar[]): string {
  const origin = bars.reduce((earliest, { start }) => Math.min(earliest, start), Number.POSITIVE_INFINITY)
  const span = bars.reduce((latest, { end }) => Math.max(latest, end - origin), 0)
  const lines = bars.map(({ name, start, end, ok }) => {
    const [from, to] = [Math.round(start - origin), Math.round(end - origin)]
    // A bar of no width is not drawn. The sign in front keeps a name from being read as a word of the language: `click`, `section`.
    return `    ${ok ? '✓' : '✗'} ${label(name)} :${ok ? 'done' : 'crit'}, ${from}, ${Math.max(to, from + 1)}`
  })
  // d3 counts these two from 1970, and shows all others in the time zone of whoever looks at the chart.
  const axis = span < SHORT ? '%Q ms' : '%s s'
  const head = [`    title ${label(title)}`, '    dateFormat x', `    axisFormat ${axis}`]
  return ['```mermaid', 'gantt', ...head, ...lines, '```'].join('\n')
}

/**
 * A colon ends a name, and one that only looks like it does not; a semicolon ends a line, a hash begins an entity, two per cents a
 * comment, and backticks would end the block.
 */
function label(name: string): string {
  return (
    name
      .replaceAll(':', '\u2236')
      .replace(/[;#,%`{}<>"]|[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
      .trim() || '-'
  )
}
