import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Flaw, flaw } from '../problem.ts'
import { type Facts, type FormatCheck, GOOD } from './format.ts'
import { mangledPem, pemLabels } from './pem.ts'

const DAY = 86_400_000

export const checkCertificate: FormatCheck = (value, options, facts) => {
  const wrongKind = wrongLabel(pemLabels(value))
  if (wrongKind) return [wrongKind]
  const mangled = mangledPem(value)
  if (mangled) return [mangled]
  const chain = read(value)
  const [leaf] = chain ?? []
  if (chain === undefined || leaf === undefined)
    return [flaw('format', 'is no certificate: its content was changed or cut', 'Copy the file again.')]
  const flaws = chain.flatMap((certificate, index) =>
    checkDates(certificate, index, options['min-days-left'] ?? 0, facts.now),
  )
  if (options.host !== undefined && leaf.checkHost(options.host) === undefined) {
    flaws.push(flaw('mismatch', `is not good for the host ${options.host}`))
  }
  if (chain.some((certificate, index) => index > 0 && !chain[index - 1]?.checkIssued(certificate))) {
    flaws.push(
      flaw('format', 'is a chain in the wrong order', "Put the server's certificate first, then each one's issuer."),
    )
  }
  const keyName = options['matches-private-key']
  if (keyName !== undefined && !belongs(leaf, keyName, facts)) {
    flaws.push(flaw('mismatch', `does not belong to the private key in \`${keyName}\``))
  }
  return flaws.length === 0 ? GOOD : flaws
}

function wrongLabel(labels: readonly string[]): Flaw | undefined {
  if (labels.some(label => label.endsWith('PRIVATE KEY'))) {
    const both = labels.includes('CERTIFICATE')
    return both
      ? flaw('format', 'holds a private key too', 'Give the key a name of its own.')
      : flaw('format', 'is a private key, not a certificate')
  }
  if (labels.some(label => label.endsWith('CERTIFICATE REQUEST'))) {
    return flaw('format', 'is a certificate request (CSR), not a certificate', 'Paste what the authority sent back.')
  }
  if (labels.some(label => label.endsWith('PUBLIC KEY'))) return flaw('format', 'is a public key, not a certificate')
  if (labels.length > 0 && !labels.every(label => label === 'CERTIFICATE'))
    return flaw('format', 'is PEM, but no certificate')
  return undefined
}

function read(value: string): X509Certificate[] | undefined {
  try {
    const blocks = value.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    return blocks.length === pemLabels(value).length ? blocks.map(block => new X509Certificate(block)) : undefined
  } catch {
    return undefined
  }
}

function checkDates(certificate: X509Certificate, index: number, minDays: number, now: number): Flaw[] {
  const which = index === 0 ? '' : ` (certificate ${index + 1} of the chain)`
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
  if (from > now) return [flaw('expired', `is not valid yet${which}`)]
  if (to <= now) return [flaw('expired', `has expired${which}`, 'Renew it.')]
  if (to < now + minDays * DAY) return [flaw('expired', `expires in less than ${minDays} days${which}`, 'Renew it.')]
  return []
}

/** A key that is missing or wrong has a flaw of its own, so it is no mismatch here. */
function belongs(certificate: X509Certificate, keyName: string, { valueFor }: Facts): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(valueFor(keyName)))
  } catch {
    return true
  }
}
