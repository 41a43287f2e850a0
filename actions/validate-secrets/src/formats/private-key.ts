import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Flaw, flaw } from '../problem.ts'
import type { Options } from '../rules/vocabulary.ts'
import { type Facts, type FormatCheck, GOOD } from './format.ts'
import { mangledPem, pemLabels } from './pem.ts'

export const checkPrivateKey: FormatCheck = (value, options, facts) => {
  const labels = pemLabels(value)
  const other = wrongLabel(labels)
  if (other) return [other]
  const mangled = mangledPem(value)
  if (mangled) return [mangled]
  if (labels.length > 1 && labels.some(label => label !== 'EC PARAMETERS' && !label.endsWith('PRIVATE KEY'))) {
    return [flaw('format', 'holds more than a private key', 'Give each part a name of its own.')]
  }
  const encrypted = labels.includes('ENCRYPTED PRIVATE KEY') || /^Proc-Type: .*ENCRYPTED/m.test(value)
  if (encrypted && options.encrypted === false) return [flaw('forbidden', 'has a passphrase, and the rule wants none')]
  if (!encrypted && options.encrypted === true) return [flaw('forbidden', 'has no passphrase, and the rule wants one')]
  const key = open(value, encrypted, options, facts)
  if ('code' in key) return [key]
  const { algorithms } = options
  if (algorithms && !algorithms.some(name => name.toLowerCase() === key.asymmetricKeyType))
    return [flaw('forbidden', `is none of ${algorithms.join(', ')}`)]
  return fits(key, options, facts)
    ? GOOD
    : [flaw('mismatch', `does not belong to the public key in \`${options['matches-public-key']}\``)]
}

function wrongLabel(labels: readonly string[]): Flaw | undefined {
  if (
    labels.length === 0 ||
    labels.some(label => label.endsWith('PRIVATE KEY') && !label.startsWith('OPENSSH') && !label.startsWith('PGP'))
  )
    return undefined
  if (labels.includes('OPENSSH PRIVATE KEY'))
    return flaw(
      'format',
      "is a key in OpenSSH's own format",
      'Use `type: ssh-private-key`, or convert a copy: ssh-keygen -p -m PKCS8 -f COPY.',
    )
  if (labels.includes('CERTIFICATE')) return flaw('format', 'is a certificate, not a private key')
  if (labels.some(label => label.endsWith('PUBLIC KEY'))) return flaw('format', 'is a public key, not a private one')
  if (labels.some(label => label.startsWith('PGP')))
    return flaw('format', 'is a key of PGP (GnuPG), not a private key in PEM')
  return flaw('format', 'is PEM, but not a private key')
}

/** Only the code of the engine's error is looked at. */
function open(value: string, encrypted: boolean, options: Options, { valueFor }: Facts): KeyObject | Flaw {
  const name = options['passphrase-from']
  const passphrase = encrypted && name !== undefined ? valueFor(name) : ''
  if (encrypted && name === undefined)
    return flaw('format', 'is encrypted, and no rule names its passphrase', 'Add `passphrase-from: NAME`.')
  if (encrypted && passphrase === '') return flaw('mismatch', `is encrypted, and \`${name}\` is not set`)
  try {
    return createPrivateKey(encrypted ? { key: value.trim(), passphrase } : { key: value.trim() })
  } catch {
    return encrypted
      ? flaw('mismatch', `is encrypted, and \`${name}\` does not open it`, 'Check the passphrase.')
      : flaw('format', 'was changed or cut: its content cannot be read', 'Copy the file again.')
  }
}

/** The public half may be a PEM public key or a certificate; one that cannot be read has a problem of its own. */
function fits(key: KeyObject, options: Options, { valueFor }: Facts): boolean {
  const name = options['matches-public-key']
  const text = name === undefined ? '' : valueFor(name)
  if (text === '') return true
  try {
    if (text.includes('CERTIFICATE')) return new X509Certificate(text).checkPrivateKey(key)
    return createPublicKey(text).equals(createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })))
  } catch {
    return true
  }
}
