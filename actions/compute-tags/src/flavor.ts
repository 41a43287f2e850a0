import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { cutFields } from './list-input.ts'
import type { Entry } from './problems.ts'

export type LatestRule = 'auto' | 'true' | 'false' | 'highest'

/** What all tags have in common. */
export interface Flavor {
  readonly latest: LatestRule
  /** Templates. */
  readonly prefix: string
  readonly suffix: string
  /** Whether `latest` has them too. */
  readonly prefixLatest: boolean
  readonly suffixLatest: boolean
}

export const PLAIN_FLAVOR: Flavor = { latest: 'auto', prefix: '', suffix: '', prefixLatest: false, suffixLatest: false }

const LATEST_RULES: readonly string[] = ['auto', 'true', 'false', 'highest'] satisfies LatestRule[]

/** Takes an entry of `flavor` into account. Throws InvalidValue, whose message reads on after the entry. */
export function withFlavorEntry(flavor: Flavor, entry: Entry): Flavor {
  let next = flavor
  let affix: 'prefix' | 'suffix' | undefined
  for (const field of cutFields(entry.text)) {
    const [key = '', value] = field.split('=').map(part => part.trim())
    const name = key.toLowerCase()
    if (value === undefined) throw new InvalidValue(`has "${field}", which is no key=value`)
    if (name === 'latest') {
      if (!LATEST_RULES.includes(value))
        throw new InvalidValue(`has latest=${value}; choose one of ${LATEST_RULES.join(', ')}`)
      next = { ...next, latest: value as LatestRule }
    } else if (name === 'prefix' || name === 'suffix') {
      affix = name
      next = { ...next, [name]: value }
    } else if (name === 'onlatest') {
      if (value !== 'true' && value !== 'false') throw new InvalidValue(`has onlatest=${value}; write true or false`)
      if (affix !== undefined) next = { ...next, [`${affix}Latest`]: value === 'true' }
    } else {
      throw new InvalidValue(`has the unknown key "${key}"; there are latest, prefix, suffix and onlatest`)
    }
  }
  return next
}
