import type { ZoneClock } from './zone.ts'

/**
 * Dates in the format language that `date` and `commit_date` are documented with, in English:
 * https://momentjs.com/docs/#/displaying/format/
 */
export function formatDate(instant: Date, format: string, clock: ZoneClock): string {
  if (Number.isNaN(instant.getTime())) return 'Invalid date'
  const time = new LocalTime(instant, clock)
  const tokens = expandLongFormats(format || DEFAULT_FORMAT[clock.isUtc ? 'utc' : 'local']).match(TOKENS) ?? []
  return tokens.map(token => PARTS[token]?.(time) ?? literal(token)).join('')
}

const DEFAULT_FORMAT = { utc: 'YYYY-MM-DDTHH:mm:ss[Z]', local: 'YYYY-MM-DDTHH:mm:ssZ' } as const

const TOKENS =
  /(\[[^[]*\])|(\\)?([Hh]mm(ss)?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[o|w]?|W[o|W]?|Qo?|N{1,5}|YYYYYY|YYYYY|YYYY|YY|y{2,4}|yo?|gg(ggg?)?|GG(GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|.)/g
const LONG_TOKENS = /(\[[^[]*\])|(\\)?(LTS|LT|LL?L?L?|l{1,4})/g

const LONG_FORMATS: Readonly<Record<string, string>> = {
  LTS: 'h:mm:ss A',
  LT: 'h:mm A',
  L: 'MM/DD/YYYY',
  LL: 'MMMM D, YYYY',
  LLL: 'MMMM D, YYYY h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  l: 'M/D/YYYY',
  ll: 'MMM D, YYYY',
  lll: 'MMM D, YYYY h:mm A',
  llll: 'ddd, MMM D, YYYY h:mm A',
}

function expandLongFormats(format: string): string {
  return format.replace(LONG_TOKENS, token => LONG_FORMATS[token] ?? token)
}

function literal(token: string): string {
  return /\[[\s\S]/.test(token) ? token.replace(/^\[|\]$/g, '') : token.replaceAll('\\', '')
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const DAY_MS = 86_400_000

/** An instant as a calendar and a clock on the wall show it. */
class LocalTime {
  readonly instant: Date
  readonly clock: ZoneClock
  readonly wall: Date

  constructor(instant: Date, clock: ZoneClock) {
    this.instant = instant
    this.clock = clock
    this.wall = new Date(instant.getTime() + clock.offset * 60_000)
  }

  get year(): number {
    return this.wall.getUTCFullYear()
  }
  get month(): number {
    return this.wall.getUTCMonth()
  }
  get date(): number {
    return this.wall.getUTCDate()
  }
  get weekday(): number {
    return this.wall.getUTCDay()
  }
  get hours(): number {
    return this.wall.getUTCHours()
  }
  get minutes(): number {
    return this.wall.getUTCMinutes()
  }
  get seconds(): number {
    return this.wall.getUTCSeconds()
  }
  get milliseconds(): number {
    return this.wall.getUTCMilliseconds()
  }
  get dayOfYear(): number {
    return Math.round((Date.UTC(this.year, this.month, this.date) - Date.UTC(this.year, 0, 1)) / DAY_MS) + 1
  }
}

interface Week {
  readonly year: number
  readonly week: number
}

/** The week of a day. A year's first week holds its `pivot` day of January: the 1st with weeks from Sunday, the 4th with weeks from Monday (ISO). */
function weekOf(time: LocalTime, firstDay: 0 | 1, pivot: 1 | 4): Week {
  const startOf = (year: number) => {
    const day = Date.UTC(year, 0, pivot)
    return day - ((7 + new Date(day).getUTCDay() - firstDay) % 7) * DAY_MS
  }
  const today = Date.UTC(time.year, time.month, time.date)
  const year = [time.year + 1, time.year, time.year - 1].find(each => startOf(each) <= today) ?? time.year
  return { year, week: Math.floor((today - startOf(year)) / (7 * DAY_MS)) + 1 }
}

const usWeek = (time: LocalTime) => weekOf(time, 0, 1)
const isoWeek = (time: LocalTime) => weekOf(time, 1, 4)
const quarter = (time: LocalTime) => Math.floor(time.month / 3) + 1
const isoWeekday = (time: LocalTime) => time.weekday || 7
const twelveHours = (time: LocalTime) => time.hours % 12 || 12
const fill = (number: number, length: number) => String(number).padStart(length, '0')
const fraction = (digits: number) => (time: LocalTime) =>
  fill(Math.trunc(time.milliseconds * 10 ** (digits - 3)), digits)

function ordinal(number: number): string {
  const last = number % 10
  if (Math.trunc((number % 100) / 10) === 1) return `${number}th`
  return `${number}${last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`
}

const offset = (separator: string) => (time: LocalTime) => {
  const minutes = Math.abs(time.clock.offset)
  return `${time.clock.offset < 0 ? '-' : '+'}${fill(Math.trunc(minutes / 60), 2)}${separator}${fill(minutes % 60, 2)}`
}

type Part = (time: LocalTime) => string | number
/** A number with its padded form and, where there is one, its ordinal: `D`, `DD` and `Do`. */
function numbers(token: string, padded: readonly [string, number], value: (time: LocalTime) => number, nth?: string) {
  return {
    [token]: value,
    [padded[0]]: (time: LocalTime) => fill(value(time), padded[1]),
    ...(nth ? { [nth]: (time: LocalTime) => ordinal(value(time)) } : {}),
  }
}

const PARTS: Readonly<Record<string, Part | undefined>> = {
  Y: time => fill(time.year, 4),
  YY: time => fill(time.year % 100, 2),
  YYYY: time => fill(time.year, 4),
  YYYYY: time => fill(time.year, 5),
  YYYYYY: time => `+${fill(time.year, 6)}`,
  y: time => time.year,
  yo: time => ordinal(time.year),
  yy: time => fill(time.year, 2),
  yyy: time => fill(time.year, 3),
  yyyy: time => fill(time.year, 4),
  N: () => 'AD',
  NN: () => 'AD',
  NNN: () => 'AD',
  NNNN: () => 'Anno Domini',
  NNNNN: () => 'AD',
  Q: quarter,
  Qo: time => ordinal(quarter(time)),
  ...numbers('M', ['MM', 2], time => time.month + 1, 'Mo'),
  MMM: time => MONTHS[time.month]?.slice(0, 3) ?? '',
  MMMM: time => MONTHS[time.month] ?? '',
  ...numbers('D', ['DD', 2], time => time.date, 'Do'),
  ...numbers('DDD', ['DDDD', 3], time => time.dayOfYear, 'DDDo'),
  d: time => time.weekday,
  do: time => ordinal(time.weekday),
  dd: time => DAYS[time.weekday]?.slice(0, 2) ?? '',
  ddd: time => DAYS[time.weekday]?.slice(0, 3) ?? '',
  dddd: time => DAYS[time.weekday] ?? '',
  e: time => time.weekday,
  E: isoWeekday,
  ...numbers('w', ['ww', 2], time => usWeek(time).week, 'wo'),
  gg: time => fill(usWeek(time).year % 100, 2),
  gggg: time => fill(usWeek(time).year, 4),
  ggggg: time => fill(usWeek(time).year, 5),
  ...numbers('W', ['WW', 2], time => isoWeek(time).week, 'Wo'),
  GG: time => fill(isoWeek(time).year % 100, 2),
  GGGG: time => fill(isoWeek(time).year, 4),
  GGGGG: time => fill(isoWeek(time).year, 5),
  ...numbers('H', ['HH', 2], time => time.hours),
  ...numbers('h', ['hh', 2], twelveHours),
  ...numbers('k', ['kk', 2], time => time.hours || 24),
  hmm: time => `${twelveHours(time)}${fill(time.minutes, 2)}`,
  hmmss: time => `${twelveHours(time)}${fill(time.minutes, 2)}${fill(time.seconds, 2)}`,
  Hmm: time => `${time.hours}${fill(time.minutes, 2)}`,
  Hmmss: time => `${time.hours}${fill(time.minutes, 2)}${fill(time.seconds, 2)}`,
  ...numbers('m', ['mm', 2], time => time.minutes),
  ...numbers('s', ['ss', 2], time => time.seconds),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map(digits => ['S'.repeat(digits), fraction(digits)])),
  a: time => (time.hours < 12 ? 'am' : 'pm'),
  A: time => (time.hours < 12 ? 'AM' : 'PM'),
  X: time => Math.floor(time.instant.getTime() / 1_000),
  x: time => time.instant.getTime(),
  Z: offset(':'),
  ZZ: offset(''),
  z: time => time.clock.abbreviation,
  zz: time => time.clock.abbreviation,
}
