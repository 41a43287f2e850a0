import { zoneAbbreviation } from './zone-abbreviations.ts'

/** A clock at one instant. */
export interface ZoneClock {
  /** Minutes east of Greenwich. */
  readonly offset: number
  /** `UTC`, `CEST`, `+03`; '' when it has no name. */
  readonly abbreviation: string
  readonly isUtc: boolean
}

const UTC: ZoneClock = { offset: 0, abbreviation: 'UTC', isUtc: true }

/** The clock of a zone of the time-zone database, in any case of letters; undefined for a name that is none. */
export function zoneClock(name: string, instant: Date): ZoneClock | undefined {
  if (/^(etc\/)?(utc|uct|universal|zulu)$/i.test(name)) return UTC
  // Intl takes offsets and some of Java's three letters too; the database, whose names these are, does not.
  if (/^[+-]/.test(name) || /^(?!cet|eet|est|gmt|hst|met|mst|prc|roc|rok|wet)[a-z]{3}$/i.test(name)) return undefined
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
    const shown = format.formatToParts(instant).find(part => part.type === 'timeZoneName')?.value ?? ''
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(shown) ?? []
    const offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    return { offset, abbreviation: zoneAbbreviation(name, offset), isUtc: offset === 0 }
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** The clock of the machine that this runs on: what a date falls back to when its zone has no clock. */
export function machineClock(instant: Date): ZoneClock {
  return { offset: -instant.getTimezoneOffset(), abbreviation: '', isUtc: false }
}
