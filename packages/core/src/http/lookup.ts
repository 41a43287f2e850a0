import { type LookupAddress, lookup as lookupBySystem } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** An address that hangs takes this many milliseconds from the next one of the same name; Node's 250 are too few for far ones. */
export const ADDRESS_ATTEMPT = 1_000

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Finds a name's addresses as the system does; but `localhost` is both loopbacks whatever the machine's hosts file says, since
 * a server may listen on one of them only. https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  if (!/^(.+\.)?localhost\.?$/i.test(hostname)) return lookupBySystem(hostname, options, callback)
  const family = Number(String(options.family ?? 0).replace('IPv', ''))
  const found = LOOPBACK.filter(entry => family === 0 || entry.family === family)
  if (options.all) callback(null, found.slice())
  else callback(null, found[0]?.address ?? '', found[0]?.family)
}
