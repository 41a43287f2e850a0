import { isIPv4, isIPv6 } from 'node:net'
import { CommandTimeout } from '@deploy-actions/core/host/host-error'
import { type Observed, observed } from '@deploy-actions/core/probe/observed'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { CannotBeMade } from './cannot-be-made.ts'
import { explainHostFailure } from './host-failure.ts'
import type { Place } from './place.ts'

/** `getent` and its exit statuses: https://man7.org/linux/man-pages/man1/getent.1.html */
const NOT_FOUND = 2
const NO_SUCH_PROGRAM: readonly number[] = [126, 127]

export interface LookupQuestion {
  readonly name: string
  readonly type: 'A' | 'AAAA'
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Looks up a name's addresses where the attempt is made, as its programs do: by hosts file and DNS. Throws the signal's reason, or CannotBeMade. */
export async function observeLookup(question: LookupQuestion, place: Place): Promise<Observed<readonly string[]>> {
  const { name, type, timeout, signal } = question
  const failure = (reason: string) => new LookupFailed(reason)
  return observed(
    async () => {
      const database = type === 'A' ? 'ahostsv4' : 'ahostsv6'
      const { exitCode, stdout, stderr } = await place.run({
        argv: ['getent', database, name],
        env: {},
        timeout,
        signal,
      })
      if (NO_SUCH_PROGRAM.includes(exitCode)) {
        throw new CannotBeMade('there is no `getent` there, which looks names up; make it from the runner')
      }
      if (exitCode !== 0 && exitCode !== NOT_FOUND) throw failure(`getent failed there (${stderr.trim() || exitCode})`)
      const addresses = addressesIn(stdout, type)
      if (addresses.length === 0) throw failure(`no address of IPv${type === 'A' ? 4 : 6} is known for the name there`)
      return addresses
    },
    thrown => {
      signal.throwIfAborted()
      if (thrown instanceof LookupFailed) return { kind: 'dns', reason: thrown.message }
      if (thrown instanceof CommandTimeout) {
        return { kind: 'dns', reason: `no response to the look-up within ${formatDuration(timeout)}` }
      }
      return explainHostFailure(thrown)
    },
  )
}

class LookupFailed extends Error {}

/** The first word of each line, once; the IPv4 addresses that `ahostsv6` maps into IPv6 are no answer. */
export function addressesIn(printed: string, type: 'A' | 'AAAA'): string[] {
  const isOne = type === 'A' ? isIPv4 : (text: string) => isIPv6(text) && !/^::ffff:/i.test(text)
  return [...new Set(printed.split('\n').map(line => line.split(/\s/)[0] ?? ''))].filter(isOne).sort()
}
