import { InvalidValue } from './invalid-value.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNITS

/** Reads `300ms`, `5s`, `2m`, `1h30m`, `28d` into milliseconds. A bare number is refused: nobody agrees on its unit. */
export function parseDuration(text: string): number {
  const trimmed = text.trim()
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    throw new InvalidValue(
      `is "${trimmed}", a number without a unit; write ${trimmed}s for seconds or ${trimmed}m for minutes`,
    )
  }
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== trimmed) {
    throw new InvalidValue(`is "${trimmed}", which is not a duration; write for example 300ms, 5s, 2m or 1h30m`)
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as Unit], 0)
}

/** Milliseconds for people: `850 ms`, `4.2 s`, `2 m 5 s`, `1 h 3 m`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const [minutes, restSeconds] = [Math.floor(seconds / 60), seconds % 60]
  if (minutes < 60) return restSeconds === 0 ? `${minutes} m` : `${minutes} m ${restSeconds} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`
}
