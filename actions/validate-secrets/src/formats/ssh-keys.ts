import { parsePublicKey, type SshPublicKey } from '@deploy-actions/core/values/ssh-public-key'
import { type Flaw, flaw } from '../problem.ts'
import type { Options } from '../rules/vocabulary.ts'

/** What the rule says of a key, whichever half of it is at hand. */
export function mismatches(key: SshPublicKey, { fingerprint, algorithms }: Options): Flaw[] {
  const flaws: Flaw[] = []
  if (fingerprint !== undefined && key.fingerprint !== withLabel(fingerprint)) {
    flaws.push(flaw('mismatch', 'is another key than the one with the fingerprint of the rule'))
  }
  if (algorithms && !algorithms.includes(key.type))
    flaws.push(flaw('forbidden', `is no ${algorithms.join(' or ')} key`))
  if (key.type === 'ssh-dss')
    flaws.push(flaw('weak', 'is a DSA key, which servers of today refuse', 'Make a new one: ssh-keygen -t ed25519.'))
  if (key.type === 'ssh-rsa' && (key.bits ?? 0) < 2_048) {
    flaws.push(flaw('weak', 'is an RSA key of fewer than 2048 bits', 'Make a new one: ssh-keygen -t ed25519.'))
  }
  return flaws
}

function withLabel(fingerprint: string): string {
  return `SHA256:${fingerprint
    .trim()
    .replace(/^SHA256:/, '')
    .replace(/=+$/, '')}`
}

/** Undefined when there is none to read: then that name has a problem of its own. */
export function publicHalfOf(text: string): SshPublicKey | undefined {
  try {
    return parsePublicKey(text)
  } catch {
    return undefined
  }
}
