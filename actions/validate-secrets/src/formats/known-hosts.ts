import { isIPv6 } from 'node:net'
import { type KnownHost, linesAbout, parseKnownHosts } from '@deploy-actions/core/host/known-hosts'
import { parseHostAddress } from '@deploy-actions/core/values/host-address'
import { type Flaw, flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

const SSH_PORT = 22

export const checkKnownHosts: FormatCheck = (value, options) => {
  const lines = value.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  const entries: KnownHost[] = []
  const flaws: Flaw[] = []
  for (const [index, line] of lines.entries()) {
    const entry = readLine(line)
    if (entry === undefined) continue
    if (!('code' in entry)) entries.push(entry)
    else
      flaws.push(lines.length === 1 ? entry : { ...entry, text: `is wrong in line ${index + 1}, which ${entry.text}` })
  }
  if (flaws.length > 0) return flaws
  if (entries.length === 0)
    return [
      flaw(
        'format',
        'holds only comments',
        'Paste the lines without # that ssh-keyscan prints, after comparing their fingerprints.',
      ),
    ]
  const lacking = (options.hosts ?? []).filter(host => !isKnown(host, entries))
  return lacking.length === 0
    ? GOOD
    : [flaw('mismatch', `has no line about ${lacking.join(', ')}`, 'A port other than 22 is written as [host]:port.')]
}

/** Undefined for a blank line or a comment. The reader's own message may quote the line. */
function readLine(raw: string): KnownHost | Flaw | undefined {
  const line = raw.trim()
  if (line === '' || line.startsWith('#')) return undefined
  try {
    return parseKnownHosts(line)[0]
  } catch {
    return lineFlaw(line)
  }
}

function lineFlaw(line: string): Flaw {
  if (/PRIVATE KEY/.test(line)) return flaw('format', 'is a private key', 'Never paste a private key here.')
  if (/^(SHA256:|MD5:|\d+ SHA256:)/.test(line))
    return flaw('format', 'is a fingerprint, not a key', 'Paste the line of known_hosts: host, type, key.')
  if (/^(ssh-|ecdsa-|sk-)\S+\s+AAAA/.test(line))
    return flaw('format', 'is a key without its host', 'Write the name of the host in front of it.')
  if (line.startsWith('@cert-authority'))
    return flaw('format', 'is about a certificate authority, which is not supported', "Give the host's own key.")
  if (line.startsWith('|') && !/^\|1\|[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=]+\s/.test(line))
    return flaw('format', 'has a hashed host that is not whole')
  if (/^["']/.test(line)) return flaw('format', 'has quotes around it', 'Write it without them.')
  if (/\\n/.test(line))
    return flaw('format', 'has the letters \\n where line breaks belong', 'Paste it with real line breaks.')
  if (/\s(ssh-|ecdsa-|sk-)\S+(\s|$)/.test(line))
    return flaw('format', 'has a key that was cut or changed', 'Copy the line again to its very end.')
  return flaw('format', 'is no line of known_hosts (host, type, key)')
}

/** A host of the rules: a name or an address, with a port as `host:2222` or `[fd00::22]:2222`. */
function isKnown(host: string, entries: readonly KnownHost[]): boolean {
  const { name, port } = isIPv6(host) ? { name: host, port: undefined } : hostAndPort(host)
  return linesAbout(entries, name, port ?? SSH_PORT).some(entry => !entry.revoked)
}

function hostAndPort(text: string): { readonly name: string; readonly port: number | undefined } {
  try {
    const address = parseHostAddress(text)
    if (address.kind === 'ssh') return { name: address.host, port: address.port }
  } catch {
    // What is no address has no line either, and that is what is told.
  }
  return { name: text, port: undefined }
}
