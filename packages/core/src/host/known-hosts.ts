import { createHmac, timingSafeEqual } from 'node:crypto'
import { InvalidValue } from '../values/invalid-value.ts'
import { parsePublicKey, type SshPublicKey } from '../values/ssh-public-key.ts'

/** One line of a known_hosts file. The format: https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT */
export interface KnownHost {
  readonly line: number
  readonly revoked: boolean
  readonly key: SshPublicKey
  /** Whether it speaks of a host, written as `name` for port 22 and as `[name]:port` for another. */
  matches(host: string): boolean
}

const DEFAULT_PORT = 22

/** Reads known_hosts lines; throws InvalidValue with every line that is none. */
export function parseKnownHosts(text: string): KnownHost[] {
  const entries: KnownHost[] = []
  const problems: string[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    try {
      entries.push(parseLine(line, index + 1))
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      problems.push(`line ${index + 1} ${thrown.message}`)
    }
  }
  if (problems.length > 0) throw new InvalidValue(`has lines that are not known_hosts lines: ${problems.join('; ')}`)
  if (entries.length === 0 && text.trim() !== '') {
    throw new InvalidValue(
      'holds nothing but comments; the lines without # are the keys (ssh-keyscan HOST prints both)',
    )
  }
  return entries
}

/**
 * The lines about a host. As in OpenSSH, a line without a port serves another port too when no line names that port.
 */
export function linesAbout(entries: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const name = host.toLowerCase()
  if (port === DEFAULT_PORT) return entries.filter(entry => entry.matches(name))
  const withPort = entries.filter(entry => entry.matches(`[${name}]:${port}`))
  return withPort.length > 0 ? withPort : entries.filter(entry => entry.matches(name))
}

/** The line to put into known_hosts for a key of a host. */
export function knownHostsLine(host: string, port: number, key: SshPublicKey): string {
  const name = host.toLowerCase()
  const shown = port === DEFAULT_PORT ? name : `[${name}]:${port}`
  return `${shown} ${key.type} ${key.blob.toString('base64')}`
}

function parseLine(line: string, number: number): KnownHost {
  const fields = line.split(/\s+/)
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
  if (marker === '@cert-authority') {
    throw new InvalidValue("is about a certificate authority, which is not supported; give the host's own key")
  }
  if (marker !== undefined && marker !== '@revoked') throw new InvalidValue(`has the unknown marker ${marker}`)
  const [hosts = '', ...key] = fields
  refuseOtherThings(hosts, key)
  return { line: number, revoked: marker !== undefined, key: parsePublicKey(key.join(' ')), matches: matcherOf(hosts) }
}

function refuseOtherThings(hosts: string, key: readonly string[]): void {
  if (/^(?:SHA256:|MD5:|\d+$)/.test(hosts)) {
    throw new InvalidValue('is a fingerprint; give it as `fingerprint` instead')
  }
  if (/^(?:ssh-|ecdsa-)/.test(hosts) && /^AAAA/.test(key[0] ?? '')) {
    throw new InvalidValue('is a key without its host; write the name of the host in front of it')
  }
  if (key.length < 2) throw new InvalidValue('is not whole; a line looks like "shop.example.org ssh-ed25519 AAAA…"')
}

function matcherOf(hosts: string): (host: string) => boolean {
  if (hosts.startsWith('|')) return hashMatcherOf(hosts)
  const patterns = hosts
    .toLowerCase()
    .split(',')
    .map(pattern => ({
      negated: pattern.startsWith('!'),
      expression: globExpression(pattern.replace(/^!/, '')),
    }))
  return host => {
    const hits = patterns.filter(pattern => pattern.expression.test(host))
    return hits.length > 0 && hits.every(hit => !hit.negated)
  }
}

/** `|1|salt|hash`: the name as HMAC-SHA1, so that a stolen file does not tell where its owner goes. */
function hashMatcherOf(field: string): (host: string) => boolean {
  const [, version, salt = '', hash = ''] = field.split('|')
  const expected = Buffer.from(hash, 'base64')
  if (version !== '1' || expected.length !== 20) throw new InvalidValue('has a hashed host that is not whole')
  return host => timingSafeEqual(createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest(), expected)
}

function globExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
