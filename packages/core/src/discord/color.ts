import { InvalidValue } from '../values/invalid-value.ts'
import { nearestName } from '../values/nearest.ts'
import { LIMITS } from './limits.ts'

/** Names for people; the values are those of Discord's own palette where it has them. */
export const COLORS = {
  green: 0x2e_a4_4f,
  red: 0xcb_24_31,
  orange: 0xe3_62_09,
  yellow: 0xdb_ab_09,
  blue: 0x34_98_db,
  purple: 0x9b_59_b6,
  pink: 0xeb_45_9e,
  grey: 0x6a_73_7d,
  gray: 0x6a_73_7d,
  blurple: 0x58_65_f2,
} as const

/** Reads `#2ea44f`, `2ea44f`, `0x2ea44f`, `#fff`, a name or a decimal number into what Discord takes. */
export function parseColor(text: string): number {
  const word = text.trim().toLowerCase()
  if (word in COLORS) return COLORS[word as keyof typeof COLORS]
  const [, long, short] = /^(?:(?:#|0x)?([0-9a-f]{6})|#([0-9a-f]{3}))$/.exec(word) ?? []
  const hex = long ?? short?.replace(/./g, '$&$&')
  // Six digits are hexadecimal: nobody means a decimal colour by 123456. Discord's own numbers mostly have seven or eight.
  if (hex !== undefined) return Number.parseInt(hex, 16)
  if (/^\d+$/.test(word) && Number(word) <= LIMITS.color) return Number(word)
  const near = nearestName(word, Object.keys(COLORS))
  throw new InvalidValue(
    `is "${text.trim()}", which is not a colour; write #rrggbb or one of ${Object.keys(COLORS).join(', ')}${near ? ` (${near}?)` : ''}`,
  )
}
