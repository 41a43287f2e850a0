import moment from 'moment-timezone'
import type { DateFormatter } from './expressions.ts'

/** In the format language and with the time zones that `date` and `commit_date` are documented with: https://momentjs.com/docs/#/displaying/format/ */
export const momentDates: DateFormatter = {
  isZone: name => moment.tz.zone(name) !== null,
  format: (instant, format, zone) => {
    const local = moment(instant)
    return (zone === undefined ? local : local.tz(zone)).format(format)
  },
}
