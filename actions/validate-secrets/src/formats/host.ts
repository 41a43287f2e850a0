import { isIPv4, isIPv6 } from 'node:net'
import { type Flaw, flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

/** A name's labels as in RFC 1123: https://www.rfc-editor.org/rfc/rfc1123#section-2 */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

export function isHost(text: string): boolean {
  return isHostName(text) || isAddress(text)
}

/** The pattern of IPv6 in node:net takes milliseconds to compile, so only what may be one is held against it. */
export function isAddress(text: string): boolean {
  if (text.includes(':')) return isIPv6(text.replace(/^\[(.*)\]$/, '$1'))
  return /^[\d.]+$/.test(text) && isIPv4(text)
}

/** Numbers with dots alone are an address or nothing: 256.1.1.1 is no name. */
export function isHostName(text: string): boolean {
  const name = text.replace(/\.$/, '')
  const labels = name.split('.')
  return name.length <= 253 && labels.every(label => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

export function isLocal(host: string): boolean {
  // Browsers and libraries read 2130706433, 0177.0.0.1 and 0 as addresses too, so they are told apart as a URL has them.
  const name = (URL.parse(`http://${isIPv6(host) ? `[${host}]` : host}/`)?.hostname ?? host)
    .replace(/\.$/, '')
    .toLowerCase()
  const [, high] = /^\[::ffff:([0-9a-f]+):[0-9a-f]+\]$/.exec(name) ?? []
  const mapped = high === undefined ? undefined : Number.parseInt(high, 16) >> 8
  return (
    mapped === 127 ||
    /^(localhost|localhost\.localdomain|ip6-(localhost|loopback)|.*\.localhost|.*\.local|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:0:0\]|host\.docker\.internal)$/.test(
      name,
    )
  )
}

/** `example.com`, or `*.example.com` for everything below it. */
export function hostFits(host: string, patterns: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return patterns.some(pattern => {
    const wanted = pattern.toLowerCase()
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}

export function localFlaw(): Flaw {
  return flaw('forbidden', 'is an address of the machine itself', 'Name the host as others reach it.')
}

export const checkHost: FormatCheck = (value, options) => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value))
    return [flaw('format', 'is a URL', 'Write the host alone, without scheme and path.')]
  if (value.includes('@'))
    return [flaw('format', 'has a user in front', 'Write the host alone, or use `type: ssh-host`.')]
  if (value.includes('/'))
    return [
      flaw(
        'format',
        isAddress(value.split('/')[0] ?? '') ? 'is a network, not a host' : 'has a path',
        'Write the host alone.',
      ),
    ]
  if (/^[^:]+:\d+$|^\[.*\]:\d+$/.test(value))
    return [flaw('format', 'has a port', 'Write the host alone, or use `type: ssh-host`.')]
  if (/[,;\s]/.test(value))
    return [flaw('format', 'names several hosts', 'Write one, or one per line with `type: ssh-host`.')]
  if (value.startsWith('*.')) return [flaw('format', 'is a pattern, not a host')]
  if (/^\d+(\.\d+){3}$/.test(value) && !isAddress(value))
    return [flaw('format', 'looks like an IP address and is none')]
  if (!isHost(value)) return [flaw('format', 'is neither a host name nor an IP address')]
  return options['forbid-local'] && isLocal(value) ? [localFlaw()] : GOOD
}

export const checkEmail: FormatCheck = (value, { hosts }) => {
  if (/[,;]/.test(value)) return [flaw('format', 'is a list of addresses, and must be one')]
  if (/[<>]/.test(value)) return [flaw('format', 'has a display name', 'Write the address alone, without < and >.')]
  if (/^mailto:/i.test(value)) return [flaw('format', 'starts with mailto:')]
  const at = value.lastIndexOf('@')
  if (at < 1) return [flaw('format', at === 0 ? 'has nothing before the @' : 'has no @')]
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)]
  if (!/^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i.test(local) || local.length > 64) {
    return [flaw('format', 'is no e-mail address: what stands before the @ is not allowed')]
  }
  if (domain.endsWith('.')) return [flaw('format', 'ends with a dot', 'Write the address without it.')]
  if (!isHostName(domain) || !domain.includes('.'))
    return [flaw('format', 'is no e-mail address: what stands behind the @ is no domain')]
  if (hosts && !hostFits(domain, hosts)) return [flaw('forbidden', `is not at ${hosts.join(' or ')}`)]
  return GOOD
}
