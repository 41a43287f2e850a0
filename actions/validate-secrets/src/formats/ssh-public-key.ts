import { readPrivateKey } from '@deploy-actions/core/values/private-key'
import { flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'
import { mismatches, publicHalfOf } from './ssh-keys.ts'

export const checkSshPublicKey: FormatCheck = (value, options, { valueFor }) => {
  const key = publicHalfOf(value)
  if (key === undefined) return [noPublicKey(value)]
  const flaws = mismatches(key, options)
  const privateName = options['matches-private-key']
  if (privateName !== undefined) {
    const reading = readPrivateKey(valueFor(privateName))
    const other = reading.ok ? reading.key.publicKey : reading.problem.publicKey
    if (other && !other.blob.equals(key.blob))
      flaws.push(flaw('mismatch', `does not belong to the private key in \`${privateName}\``))
  }
  return flaws.length === 0 ? GOOD : flaws
}

function noPublicKey(value: string) {
  if (/PRIVATE KEY/.test(value))
    return flaw('format', 'is a private key', 'Paste the public half, the file that ends in .pub.')
  if (/BEGIN (SSH2 |RSA )?PUBLIC KEY/.test(value))
    return flaw('format', 'is a public key in PEM', 'Turn it into one line: ssh-keygen -i -m PKCS8 -f FILE.')
  if (/^(SHA256:|MD5:|([0-9a-f]{2}:){15})/.test(value))
    return flaw('format', 'is a fingerprint, not a key', 'Paste the line that starts with its type, as ssh-ed25519.')
  if (/^(\S+,)*\S+ (ssh-|ecdsa-|sk-)\S+ AAAA/.test(value))
    return flaw('format', 'has a host or options in front', 'Write it from its type on, as ssh-ed25519 AAAA….')
  if (/^AAAA/.test(value))
    return flaw('format', 'lacks its type in front', 'Write ssh-ed25519 (or its own type) and a space before it.')
  if (/^(ssh-|ecdsa-|sk-)\S+\s+AAAA/.test(value))
    return flaw(
      'format',
      'was cut or changed: its type, length and content do not fit together',
      'Copy the .pub file again.',
    )
  return flaw('format', 'is not an SSH public key (ssh-ed25519 AAAA…)')
}
