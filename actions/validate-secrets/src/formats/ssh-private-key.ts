import { readPrivateKey } from '@deploy-actions/core/values/private-key'
import { describeKeyProblem, type PrivateKeyProblem } from '@deploy-actions/core/values/private-key-problem'
import { Secret } from '@deploy-actions/core/values/secret'
import type { SshPublicKey } from '@deploy-actions/core/values/ssh-public-key'
import { type Flaw, flaw } from '../problem.ts'
import type { Options } from '../rules/vocabulary.ts'
import { type Facts, type FormatCheck, GOOD } from './format.ts'
import { mismatches, publicHalfOf } from './ssh-keys.ts'

export const checkSshPrivateKey: FormatCheck = (value, options, facts) => {
  const passphraseName = options['passphrase-from']
  const passphrase = passphraseName === undefined ? '' : facts.valueFor(passphraseName)
  const reading = readPrivateKey(value, new Secret(passphrase))
  if (!reading.ok) return problemFlaws(reading.problem, passphrase, options, facts)
  const { key } = reading
  const flaws = [...encryptionFlaws(key.encrypted, options), ...halfFlaws(key.publicKey, options, facts)]
  if (passphrase !== '' && !key.encrypted && passphraseName !== undefined) {
    flaws.push({ ...flaw('mismatch', `has no passphrase, so \`${passphraseName}\` is not used`), severity: 'warning' })
  }
  if (value.includes('\r')) {
    flaws.push({
      ...flaw(
        'format',
        'has the line ends of Windows (CRLF), which OpenSSH refuses',
        'Save it with LF; the deploy actions repair it.',
      ),
      severity: 'warning',
    })
  }
  return flaws.length === 0 ? GOOD : flaws
}

/** An OpenSSH file holds its public half in clear: what is said of that can be checked without the passphrase. */
function problemFlaws(problem: PrivateKeyProblem, passphrase: string, options: Options, facts: Facts): readonly Flaw[] {
  const half = problem.publicKey ? halfFlaws(problem.publicKey, options, facts) : []
  if (problem.code === 'passphrase-missing') {
    const unwanted = encryptionFlaws(true, options)
    if (unwanted.length > 0) return [...unwanted, ...half]
    const name = options['passphrase-from']
    // The passphrase's own rule tells when it is missing.
    return name === undefined
      ? [
          flaw(
            'format',
            'is encrypted, and no rule names its passphrase',
            'Add `passphrase-from: NAME`, or remove the passphrase from a copy: ssh-keygen -p -N "" -f COPY.',
          ),
          ...half,
        ]
      : [flaw('mismatch', `is encrypted, and \`${name}\` is not set`), ...half]
  }
  if (problem.code === 'passphrase-wrong') {
    const spaces = passphrase !== passphrase.trim() ? ' It has white space at an end.' : ''
    return [
      flaw(
        'mismatch',
        `is encrypted, and \`${options['passphrase-from'] ?? ''}\` does not open it`,
        `Check the passphrase.${spaces}`,
      ),
      ...half,
    ]
  }
  // Without the detail: it may quote the text that was read.
  const { message, cure } = describeKeyProblem(problem.code)
  return [flaw('format', message, sentence(cure)), ...half]
}

function encryptionFlaws(encrypted: boolean, { encrypted: wanted }: Options): Flaw[] {
  if (wanted === true && !encrypted) return [flaw('forbidden', 'has no passphrase, and the rule wants one')]
  if (wanted === false && encrypted)
    return [
      flaw(
        'forbidden',
        'has a passphrase, and the rule wants none',
        'Remove it from a copy: ssh-keygen -p -N "" -f COPY.',
      ),
    ]
  return []
}

function halfFlaws(key: SshPublicKey, options: Options, facts: Facts): Flaw[] {
  const flaws = mismatches(key, options)
  const publicName = options['matches-public-key']
  const other = publicName === undefined ? undefined : publicHalfOf(facts.valueFor(publicName))
  if (other && !other.blob.equals(key.blob))
    flaws.push(flaw('mismatch', `does not belong to the public key in \`${publicName}\``))
  return flaws
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
