import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Log } from '@deploy-actions/core/runner/log'
import { formatDuration } from '@deploy-actions/core/values/duration'

export interface Phase {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly end: number
  readonly ok: boolean
}

/** Runs the phases of a deploy, tells each, and remembers how long it took. */
export class Timeline {
  readonly phases: Phase[] = []
  readonly #clock: Clock
  readonly #log: Log

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = this.#clock.now()
    this.#log.info(`▸ ${name}`)
    let ok = false
    try {
      const result = await work()
      ok = true
      return result
    } finally {
      const end = this.#clock.now()
      this.phases.push({ name, start, end, ok })
      this.#log.info(`  ${ok ? '✓' : '✗'} ${name}, ${formatDuration(end - start)}`)
    }
  }
}

/** A Mermaid gantt of the phases; times are relative to the first one's start. */
export function gantt(title: string, phases: readonly Phase[]): string {
  const origin = phases[0]?.start ?? 0
  const bars = phases.map(({ name, start, end, ok }) => {
    // A bar of no width is not drawn; a colon or a semicolon ends a name.
    const label = name.replace(/[:;#,]/g, ' ')
    return `    ${label} :${ok ? 'done' : 'crit'}, ${start - origin}, ${Math.max(end, start + 1) - origin}`
  })
  return ['```mermaid', 'gantt', `    title ${title}`, '    dateFormat x', '    axisFormat %M:%S', ...bars, '```'].join(
    '\n',
  )
}
