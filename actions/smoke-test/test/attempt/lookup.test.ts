import { describe, expect, it } from '@jest/globals'
import { CannotBeMade } from '../../src/attempt/cannot-be-made.ts'
import { addressesIn, observeLookup } from '../../src/attempt/observe-lookup.ts'
import type { Place } from '../../src/attempt/place.ts'

const V4 = '93.184.215.14   STREAM example.org\n93.184.215.14   DGRAM\n93.184.215.14   RAW\n'
const V6 = '2606:2800::1 STREAM example.org\n2606:2800::1 DGRAM\n::ffff:93.184.215.14 STREAM\n'

/** What `getent` of a place prints and ends with. */
function look(exitCode: number, stdout = '', stderr = '', type: 'A' | 'AAAA' = 'A') {
  const place: Place = { open: undefined, run: async () => ({ exitCode, stdout, stderr }) }
  return observeLookup({ name: 'example.org', type, timeout: 1_000, signal: new AbortController().signal }, place)
}

describe('a name that is looked up elsewhere', () => {
  it('gives each address once', () => {
    expect(addressesIn(V4, 'A')).toEqual(['93.184.215.14'])
  })

  it('has no IPv6 address that is only a mapped one', async () => {
    expect(addressesIn(V6, 'AAAA')).toEqual(['2606:2800::1'])
    const seen = await look(0, '::ffff:93.184.215.14 STREAM example.org\n', '', 'AAAA')
    expect(seen.ok || seen.failure.reason).toBe('no address of IPv6 is known for the name there')
  })

  it('may not be known', async () => {
    const seen = await look(2)
    expect(seen.ok || seen.failure).toEqual({ kind: 'dns', reason: 'no address of IPv4 is known for the name there' })
  })

  it('cannot be looked up where there is no getent', async () => {
    await expect(look(127)).rejects.toThrow(CannotBeMade)
    await expect(look(126)).rejects.toThrow('no `getent` there')
  })

  it('tells what getent says when it fails', async () => {
    const seen = await look(1, '', 'Unknown database: ahostsv4\n')
    expect(seen.ok || seen.failure.reason).toBe('getent failed there (Unknown database: ahostsv4)')
  })
})
